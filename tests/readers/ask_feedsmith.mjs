// Run by node, beside feedsmith: polls a feed as a program that parses with it would; prints the entries as JSON if it changed.

import { existsSync, readFileSync, writeFileSync } from "node:fs";

import { parseFeed } from "feedsmith";

const [url, state] = process.argv.slice(2);
const etag = existsSync(state) ? readFileSync(state, "utf8") : "";
const answer = await fetch(url, { headers: etag ? { "If-None-Match": etag } : {} });
if (answer.status === 200) {
  writeFileSync(state, answer.headers.get("etag") ?? "");
  const { format, feed } = parseFeed(await answer.text());
  console.log(JSON.stringify(format === "atom" ? feed.entries.map(fromAtom) : feed.items.map(fromRss)));
} else if (answer.status !== 304) {
  throw new Error(`${url} answers ${answer.status}`);
}

function fromAtom(entry) {
  const links = (rel) => entry.links.filter((link) => (link.rel ?? "alternate") === rel).map((link) => link.href);
  return {
    id: entry.id,
    title: entry.title.type === "html" ? unescaped(entry.title.value) : entry.title.value,
    link: links("alternate")[0],
    published: Date.parse(entry.published) / 1000,
    authors: (entry.authors ?? []).map((author) => author.name),
    content: entry.content?.value ?? escaped(entry.summary?.value ?? ""),
    enclosures: links("enclosure"),
  };
}

function fromRss(item) {
  return {
    id: item.guid.value,
    title: item.title,
    link: item.link,
    published: Date.parse(item.pubDate) / 1000,
    authors: item.dc?.creators ?? [],
    content: item.content?.encoded ?? item.description ?? "",
    enclosures: (item.enclosures ?? []).map((enclosure) => enclosure.url),
  };
}

// Plain text, as HTML.
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

// What HTML without elements shows.
function unescaped(html) {
  return html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
