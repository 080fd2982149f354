"""The texts of `varied_articles`: scripts, titles and bodies.  All of them are invented."""

from __future__ import annotations

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)

# Language, title, sentence.
SCRIPTS = (
    ("ar", "مكتبة صغيرة في القرية", "فتحت القرية مكتبتها الجديدة، وجاء الجيران ومعهم كتب قديمة وأكواب شاي."),
    ("he", "ספרייה קטנה בכפר", "הכפר פתח את הספרייה החדשה שלו, והשכנים באו עם ספרים ישנים וכוסות תה."),
    ("fa", "کتابخانه‌ای کوچک در روستا", "روستا کتابخانه‌ی تازه‌اش را گشود و همسایه‌ها با کتاب‌های کهنه آمدند."),
    ("ur", "گاؤں کا چھوٹا کتب خانہ", "گاؤں نے اپنا نیا کتب خانہ کھولا اور پڑوسی پرانی کتابیں لے کر آئے۔"),
    ("yi", "אַ קליינע ביבליאָטעק", "דאָס דאָרף האָט געעפֿנט אַ נײַע ביבליאָטעק."),
    ("hi", "गाँव में एक छोटा पुस्तकालय", "गाँव ने अपना नया पुस्तकालय खोला और पड़ोसी पुरानी किताबें लेकर आए।"),
    ("bn", "গ্রামে একটি ছোট পাঠাগার", "গ্রামটি তার নতুন পাঠাগার খুলল, আর প্রতিবেশীরা পুরনো বই নিয়ে এল।"),
    ("ta", "கிராமத்தில் ஒரு சிறிய நூலகம்", "கிராமம் தன் புதிய நூலகத்தைத் திறந்தது; அயலார் பழைய நூல்களுடன் வந்தனர்."),
    ("th", "ห้องสมุดเล็กๆ ในหมู่บ้าน", "หมู่บ้านเปิดห้องสมุดใหม่ เพื่อนบ้านนำหนังสือเก่าและน้ำชามาด้วย"),
    ("my", "ရွာထဲက စာကြည့်တိုက်လေး", "ရွာက စာကြည့်တိုက်အသစ်ကို ဖွင့်လိုက်ပြီး အိမ်နီးချင်းများ စာအုပ်ဟောင်းများနှင့် လာကြသည်။"),
    ("km", "បណ្ណាល័យតូចមួយនៅក្នុងភូមិ", "ភូមិបានបើកបណ្ណាល័យថ្មី ហើយអ្នកជិតខាងបាននាំសៀវភៅចាស់មក។"),
    ("ja", "村の小さな図書館", "村に新しい図書館が開き、近所の人たちが古い本とお茶を持ってきた。"),
    ("zh-Hans", "村里的小图书馆", "村里开了一家新图书馆，邻居们带着旧书和茶来了。"),
    ("zh-Hant", "村裡的小圖書館", "村裡開了一家新圖書館，鄰居們帶著舊書和茶來了。"),
    ("ko", "마을의 작은 도서관", "마을에 새 도서관이 문을 열자 이웃들이 헌책과 차를 들고 왔다."),
    ("ru", "Маленькая библиотека в деревне", "Деревня открыла новую библиотеку, и соседи пришли со старыми книгами."),
    ("uk", "Маленька бібліотека в селі", "Село відкрило нову бібліотеку, і сусіди прийшли зі старими книжками."),
    ("sr-Cyrl", "Мала библиотека у селу", "Село је отворило нову библиотеку, а комшије су донеле старе књиге."),
    (
        "el",
        "Μια μικρή βιβλιοθήκη στο χωριό",
        "Το χωριό άνοιξε τη νέα του βιβλιοθήκη και οι γείτονες έφεραν παλιά βιβλία.",
    ),
    ("ka", "პატარა ბიბლიოთეკა სოფელში", "სოფელმა ახალი ბიბლიოთეკა გახსნა და მეზობლებმა ძველი წიგნები მოიტანეს."),
    ("hy", "Փոքրիկ գրադարան գյուղում", "Գյուղը բացեց իր նոր գրադարանը, և հարևանները եկան հին գրքերով։"),
    ("am", "በመንደሩ ያለች ትንሽ ቤተ መጻሕፍት", "መንደሩ አዲሱን ቤተ መጻሕፍት ከፈተ፤ ጎረቤቶችም አሮጌ መጻሕፍት ይዘው መጡ።"),
    ("vi", "Một thư viện nhỏ trong làng", "Làng mở thư viện mới, và hàng xóm mang sách cũ cùng trà đến."),
    ("tr", "Köyde küçük bir kütüphane", "İlçenin köyü yeni kütüphanesini açtı; ışıklar geç saate dek yandı."),
    (
        "de",
        "Eine kleine Bücherei im Dorf",
        "Das Dorf öffnete seine neue Bücherei; „Größe“ ist nicht alles, sagten die Nachbarn.",
    ),
    (
        "fr",
        "Une petite bibliothèque au village",
        "Le village a ouvert sa bibliothèque ; « enfin », disent les voisins, l’œil brillant.",
    ),
    (
        "pl",
        "Mała biblioteka we wsi",
        "Wieś otworzyła nową bibliotekę, a sąsiedzi przynieśli stare książki i źdźbło żartu.",
    ),
    (
        "en",
        "A small library in the village",
        "The village opened its new library, and the neighbours came with old books and tea.",
    ),
)

TITLES = (
    "",
    " ",
    "0",
    "Fish & chips",
    "Is 1 < 2 > 0?",
    "A ]]> in the middle",
    "&amp; written out",
    "&lt;b&gt; written out twice &amp;lt;",
    "<b>Bold</b> it says",
    "<script>alert('no')</script>",
    "\"Straight\" and 'single'",
    "“Curly” and ‘single’",
    "T" * 300,
    "A long way " * 27 + "ends",
    "🚲",
    "👩‍💻 and 👨‍👩‍👧‍👦 meet 🏳️‍🌈",
    "🇩🇪🇺🇦 flags",
    "e\u0301 is not é",
    "Control\x01\x08\x0b\x1fcharacters",
    "Half a \ud83d pair",
    "Other \udc00 half",
    "Delete\x7f and next line\x85",
    "A\ufffe noncharacter\uffff",
    "Zero\u200bwidth\u200djoin\ufeff",
    "Turned \u202eright to left\u202c round",
    "عنوان with English & עברית",
    "  Much \n\t white   space \u00a0 ",
    "{{ braces }} {% tags %} {# notes #}",
    "100 % of %s and %(name)s",
    "Back\\slash /slash",
    "<!-- a comment -->",
    "<![CDATA[ a section ]]>",
    "https://example.org/as/a/title?x=1&y=2",
    "2026-02-30",
    "null",
    "The same title",
    "The same title",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝒎𝒂𝒕𝒉",
    "﷽",
    "Ẑ͋́a͠l̈́g̃o",
)

PLAIN = "<p>The neighbours meet on Thursdays &amp; bring <em>tea</em>; nobody is late.</p>"
BODIES = (
    "",
    "   ",
    "Only text, no markup at all",
    "<p></p>",
    "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>",
    "<p>Unclosed <b>bold <i>italic</p> and more",
    "<h1>One</h1><h2>Two</h2><h3>Three</h3><p>Text</p>",
    "<ul><li>a<ul><li>b<ul><li>c<ol><li>d</li></ol></li></ul></li></ul></li></ul>",
    "<ol start='5' reversed><li value='9'>nine</li><li>ten</li></ol>",
    "<dl><dt>Tea</dt><dd>a drink</dd></dl>",
    (
        "<table><caption>Visits</caption><thead><tr><th scope='col'>Day</th><th>Number</th></tr>"
        "</thead><tbody><tr><td rowspan='2'>Mon</td>"
        "<td>1 &lt; 2</td></tr><tr><td>3</td></tr></tbody></table>"
    ),
    "<pre><code class='language-c'>if (a &lt; b &amp;&amp; c) {\n\tputs(\"]]&gt;\");\n}\n</code></pre>",
    "<p>Inline <code>a &amp;amp; b</code>, <kbd>Ctrl</kbd>+<kbd>C</kbd>.</p>",
    (
        "<math xmlns='http://www.w3.org/1998/Math/MathML'><mfrac><mi>a</mi><msqrt><mi>b</mi></msqrt>"
        "</mfrac></math><p>a over root b</p>"
    ),
    (
        "<svg viewBox='0 0 9 9'><script>alert(1)</script><circle r='4' onclick='x()'/>"
        "<text>drawn</text></svg><p>A circle</p>"
    ),
    "<iframe src='https://video.example.org/embed/1'></iframe><p>Look.</p>",
    f"<p><img src='{PNG}' alt='a dot'> inline</p>",
    "<p><img src='/bilder/rad.jpg' alt='A bicycle' width='640' height='480'></p>",
    "<p><img src='bild.png' srcset='bild.png 1x, bild2.png 2x'></p>",
    (
        "<p><a href='../zwei.html'>relative</a> <a href='?seite=2'>query</a> <a href='#unten'>below</a> "
        "<a href='//cdn.example.org/x'>scheme</a></p>"
    ),
    (
        "<p><a href='javascript:alert(1)'>bad</a> <a href='mailto:a@example.org'>mail</a> "
        "<a href='tel:+49301234'>call</a> <a href='data:text/html,x'>data</a></p>"
    ),
    "<p style='position:fixed' onclick='x()' class='y' id='z'>Styled</p><style>p{color:red}</style>",
    "<script>document.write('x')</script><p>After a script</p>",
    "<form action='/x'><input name='q' autofocus><button>Go</button></form><p>A form</p>",
    "<object data='x.swf'></object><embed src='x.swf'><p>Flash</p>",
    (
        "<audio controls src='https://media.example.org/a.mp3'></audio>"
        "<video src='https://media.example.org/b.mp4' poster='p.jpg'></video>"
    ),
    (
        "<figure><img src='https://bilder.example.org/a b.jpg' alt='&quot;Tea&quot; &amp; books'>"
        "<figcaption>Tea &amp; books</figcaption></figure>"
    ),
    (
        "<blockquote cite='https://example.org/q'><p>“Quiet, please.”</p>"
        "<footer>— <cite>A neighbour</cite></footer></blockquote><hr>"
    ),
    "<p>a<br>b<br/>c<wbr>d</p>",
    "<p>Emoji 🚲 👩‍💻 &#128640; &#x1F680;</p>",
    "<p>Control\x01\x0b\x1f and half \ud83d pairs\uffff &#1; &#0; &#xFFFE;</p>",
    "<p>Named &nbsp;&eacute;&euro;&hellip;&notanentity; &amp;nbsp;</p>",
    "<p>a]]>b <![CDATA[c]]> <?php d ?> <!-- e --></p>",
    "<div>" * 60 + "deep" + "</div>" * 60,
    "<p dir='rtl'>שלום</p><p><bdo dir='rtl'>turned</bdo> <ruby>村<rt>むら</rt></ruby> H<sub>2</sub>O x<sup>2</sup></p>",
    (
        "<details><summary>More</summary><p>Hidden</p></details><p>"
        "<mark>marked</mark> <del>old</del> <ins>new</ins> <abbr title='Thursday'>Th</abbr></p>"
    ),
    "<p>" + "Words &amp; words. " * 60_000 + "</p>",
    "<p>" + "x" * 5_000 + "</p>",
    "<html><head><title>No</title><base href='https://evil.example/'></head><body><p>A whole page</p></body></html>",
    "<P CLASS=big>Shouting<BR>HTML <A HREF=https://example.org/A>A</A></P>",
)
