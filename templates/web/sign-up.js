/* Does for forms that sign up what takes a program longer than a person: it finds a number.
 *
 *   <script src="https://news.example.org/newsletters/sign-up.js" defer></script>
 *   <form action="https://news.example.org/newsletters/NAME/" method="post" data-rundbrief="inline">…</form>
 *
 * A form with data-rundbrief="inline" says on its own page what came of it; one with "page" goes on to ours.
 * Nothing is loaded from elsewhere, nothing is kept, and nobody is told.
 */
(function () {
  "use strict";

  var K = [], H = [];
  (function () {
    function fraction(x) { return ((x - Math.floor(x)) * 4294967296) | 0; }
    for (var n = 2; K.length < 64; n++) {
      var prime = true;
      for (var d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
      if (!prime) continue;
      if (H.length < 8) H.push(fraction(Math.sqrt(n)));
      K.push(fraction(Math.cbrt(n)));
    }
  })();

  var W = new Int32Array(64);

  /* SHA-256 of one block of 64 bytes (FIPS 180-4, section 6.2.2). */
  function compress(state, bytes, at) {
    var i, a = state[0], b = state[1], c = state[2], d = state[3];
    var e = state[4], f = state[5], g = state[6], h = state[7];
    for (i = 0; i < 64; i++) {
      if (i < 16) {
        var j = at + 4 * i;
        W[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
      } else {
        var x = W[i - 15], y = W[i - 2];
        var s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
        var s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
        W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
      }
      var S1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      var t1 = (h + S1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
      var S0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      var t2 = (S0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    return [state[0] + a | 0, state[1] + b | 0, state[2] + c | 0, state[3] + d | 0,
      state[4] + e | 0, state[5] + f | 0, state[6] + g | 0, state[7] + h | 0];
  }

  /* The first word of the SHA-256 of ASCII text; `start` is what its first blocks gave, all of them but the last two. */
  function firstWord(start, done, rest) {
    var length = rest.length, size = length + 9 <= 64 ? 64 : 128, bytes = new Uint8Array(size);
    for (var i = 0; i < length; i++) bytes[i] = rest.charCodeAt(i);
    bytes[length] = 0x80;
    new DataView(bytes.buffer).setUint32(size - 4, (done + length) * 8);
    for (var at = 0, state = start; at < size; at += 64) state = compress(state, bytes, at);
    return state[0];
  }

  /* Looks for the number in short turns, so that the page stays quick. */
  function solve(challenge, bits, found) {
    var text = challenge + ":", state = H, done = 0, number = 0;
    while (text.length - done >= 64) {
      var block = new Uint8Array(64);
      for (var i = 0; i < 64; i++) block[i] = text.charCodeAt(done + i);
      state = compress(state, block, 0);
      done += 64;
    }
    var tail = text.slice(done);
    (function turn() {
      var until = Date.now() + 25;
      do {
        for (var i = 0; i < 200; i++, number++) {
          if (firstWord(state, done, tail + number) >>> (32 - bits) === 0) { found(String(number)); return; }
        }
      } while (Date.now() < until);
      setTimeout(turn, 0);
    })();
  }

  function field(form, name) {
    var one = form.elements.namedItem(name);
    if (!one) {
      one = document.createElement("input");
      one.type = "hidden";
      one.name = name;
      form.appendChild(one);
    }
    return one;
  }

  function zone(form) {
    var one = form.elements.namedItem("timezone");
    try {
      if (one && !one.value) one.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    } catch (_error) { /* it stays the newsletter's */ }
  }

  function wait(form, waiting) {
    var button = form.querySelector("button, input[type=submit]");
    if (button) button.setAttribute("aria-disabled", String(waiting));
  }

  /* A form of ours: the work is done while it is filled in. */
  function page(form) {
    var challenge = field(form, "challenge"), work = field(form, "work"), wanted = false;
    zone(form);
    if (!challenge.value) return;
    solve(challenge.value, Number(challenge.getAttribute("data-bits")), function (number) {
      work.value = number;
      if (wanted) form.submit();
    });
    form.addEventListener("submit", function (event) {
      if (work.value || wanted) return;
      event.preventDefault();
      wanted = true;
      wait(form, true);
    });
  }

  /* A form on somebody's site: the work is done when it is sent, and the answer is shown there. */
  function inline(form) {
    var says = form.querySelector("[data-rundbrief-says]") || form.appendChild(document.createElement("p"));
    says.setAttribute("role", "status");
    var busy = false;

    function end(text) {
      busy = false;
      wait(form, false);
      says.textContent = text;
    }

    function send(again) {
      fetch(form.action.replace(/\/?$/, "/challenge")).then(function (answer) { return answer.json(); }).then(function (made) {
        field(form, "challenge").value = made.challenge;
        solve(made.challenge, made.bits, function (number) {
          field(form, "work").value = number;
          fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) })
            .then(function (answer) { return answer.json(); })
            .then(function (said) {
              if (said.again && again) { send(false); return; }
              end([said.title, said.text].filter(Boolean).join(". "));
              if (said.ok) form.reset();
            })
            .catch(function () { form.submit(); });
        });
      }).catch(function () { form.submit(); });
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (busy) return;
      busy = true;
      wait(form, true);
      says.textContent = "";
      zone(form);
      send(true);
    });
  }

  function begin() {
    document.querySelectorAll("form[data-rundbrief]").forEach(function (form) {
      (form.getAttribute("data-rundbrief") === "inline" ? inline : page)(form);
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
