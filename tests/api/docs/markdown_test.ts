import { assertEquals, assertThrows } from "@std/assert";
import { type Links, readMarkdown } from "../../../api/docs/markdown.ts";

const LINKS: Links = {
  page: (target) => target === "sites.md#modes" ? "/docs/guides/sites#modes" : undefined,
  code: (text) => text === "GET /v1/sites" ? "/docs/api/sites#get-v1-sites" : undefined,
};

function htmlOf(text: string): string {
  return readMarkdown(`# Title\n\n${text}`, LINKS).html.trim();
}

const cases: readonly (readonly [string, string])[] = [
  ["[modes](sites.md#modes)", '<p><a href="/docs/guides/sites#modes">modes</a></p>'],
  ["[here](#a-chapter)", '<p><a href="#a-chapter">here</a></p>'],
  ["[there](https://example.com/?a=1&b=2)", '<p><a href="https://example.com/?a=1&amp;b=2">there</a></p>'],
  ["[code](../../main.ts) [bad](javascript:alert(1))", "<p>code bad</p>"],
  ["`GET /v1/sites`", '<p><a href="/docs/api/sites#get-v1-sites"><code>GET /v1/sites</code></a></p>'],
  ["`a < b`", "<p><code>a &lt; b</code></p>"],
  ["a <b>bold</b> & <script>x</script>", "<p>a &lt;b&gt;bold&lt;/b&gt; &amp; &lt;script&gt;x&lt;/script&gt;</p>"],
  ["<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"],
  ['![an "image"](https://example.com/x.png)', "<p>an &quot;image&quot;</p>"],
  ['```sh\napi "<x>"\n```', '<pre tabindex="0"><code>api &quot;&lt;x&gt;&quot;</code></pre>'],
  ["## It's `one`, isn't it?", '<h2 id="its-one-isnt-it">It&#39;s <code>one</code>, isn&#39;t it?</h2>'],
];

for (const [text, expected] of cases) {
  Deno.test(`Markdown: ${text}`, () => assertEquals(htmlOf(text), expected));
}

Deno.test("a table's first column names its rows", () => {
  const html = htmlOf("| a | b |\n| - | - |\n| `x\\|y` | 2 |");
  assertEquals(html.match(/<th scope="\w+">.*?<\/th>|<td>.*?<\/td>/g), [
    '<th scope="col">a</th>',
    '<th scope="col">b</th>',
    '<th scope="row"><code>x|y</code></th>',
    "<td>2</td>",
  ]);
});

Deno.test("a text has its title and its sections, and each heading has an anchor of its own", () => {
  const { title, lead, sections } = readMarkdown(
    "# T\n\nBegin\n*here*.\n\n## A\n\n- `x`\n- [y](#a)\n\n## A\n\n| h |\n| - |\n| z |\n",
    LINKS,
  );
  assertEquals([title, lead], ["T", "Begin\nhere."]);
  assertEquals(sections.map(({ heading, text }) => [heading.depth, heading.id, heading.text, text]), [
    [1, "t", "T", "Begin here."],
    [2, "a", "A", "x y"],
    [2, "a-1", "A", "h z"],
  ]);
});

Deno.test("a text without a title is refused", () => {
  assertThrows(() => readMarkdown("Text", LINKS), Error, "does not begin with");
});
