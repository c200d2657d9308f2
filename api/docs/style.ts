/** The style sheet of all pages, for light and dark colour schemes. Wide screens show an example beside the description. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#ffffff, #0f1417);
  --shade: light-dark(#f5f7f7, #151c20);
  --line: light-dark(#dfe5e5, #263138);
  --ink: light-dark(#1b2528, #dde5e7);
  --dim: light-dark(#5c6b70, #8fa0a6);
  --accent: light-dark(#0b6e63, #4fd1bd);
  --code: light-dark(#0f2e33, #c6e7e2);
  --get: light-dark(#1f5fa8, #7db4f0);
  --post: light-dark(#12703d, #67d391);
  --put: light-dark(#8a5a00, #e8b85c);
  --patch: light-dark(#6b3fa0, #c3a1f2);
  --delete: light-dark(#b02a30, #f58a8a);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; display: grid; grid-template: "head head" auto "contents main" 1fr / 17rem minmax(0, 1fr);
  background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif;
}
a { color: var(--accent); text-underline-offset: .15em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code, pre, var, .method, .status { font-family: var(--mono); font-style: normal; }
code { font-size: .88em; color: var(--code); overflow-wrap: break-word; }
a code { color: inherit; }
.dim { color: var(--dim); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; z-index: 1; }

header {
  grid-area: head; display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem;
  padding: .6rem 1.5rem; background: var(--shade); border-bottom: 1px solid var(--line);
}
.brand { margin: 0; font-size: 17px; font-weight: 700; }
.brand a { color: var(--ink); text-decoration: none; }
.brand span { font-weight: 400; color: var(--dim); font-size: 13px; }
form { display: flex; gap: .4rem; flex: 1 1 14rem; max-width: 30rem; }
input, button { font: inherit; padding: .3rem .7rem; border: 1px solid var(--dim); border-radius: 6px; color: inherit; background: var(--paper); }
input { flex: 1; min-width: 0; }
::placeholder { color: var(--dim); opacity: 1; }
.to-contents { display: none; }

#contents { grid-area: contents; padding: 1rem 1rem 3rem 1.5rem; border-right: 1px solid var(--line); font-size: 15px; }
#contents h2 { margin: 1.2rem 0 .3rem; font-size: 14px; }
#contents ul { list-style: none; margin: 0; padding: 0; }
#contents a { display: block; padding: .2rem .5rem; border-radius: 5px; color: var(--ink); text-decoration: none; }
#contents a:hover { text-decoration: underline; }
#contents [aria-current] { background: var(--shade); color: var(--accent); font-weight: 650; }

main { grid-area: main; min-width: 0; padding: 2rem clamp(1.1rem, 3.5vw, 3.5rem) 5rem; max-width: 92rem; }
h1 { margin: 0 0 1rem; font-size: 2.1rem; line-height: 1.15; letter-spacing: -.02em; overflow-wrap: anywhere; }
main p, main li, dd { max-width: 46rem; overflow-wrap: anywhere; }
.lead { font-size: 1.08rem; }
.places { display: grid; grid-template-columns: minmax(0, 15rem) minmax(0, 1fr); gap: .5rem 1.5rem; }
.places dd { margin: 0; }
.here { margin: 1rem 0 2rem; padding: .2rem 1rem; border-left: 3px solid var(--line); }
.here ul { list-style: none; margin: 0; padding: 0; }
.here li { padding: .15rem 0; max-width: none; }
.found { padding-left: 1.5rem; }
.found p { margin: .1rem 0 1rem; }
mark { background: light-dark(#ffe9a8, #5c4a10); color: inherit; }

.guide h2 { margin: 2.5rem 0 .6rem; font-size: 1.45rem; letter-spacing: -.01em; }
.guide h3 { margin: 1.8rem 0 .4rem; font-size: 1.1rem; }
.guide pre { max-width: 62rem; margin: 1rem 0; }
.guide table { margin: 1rem 0; }
.guide td { overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
th, td { padding: .4rem .9rem .4rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: break-word; }
thead th { border-top: 0; }
tbody th { font-weight: 600; }

article {
  display: grid; grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); gap: 1rem 2.5rem;
  padding: 1.6rem 0 1.8rem; border-top: 1px solid var(--line);
}
article:target { box-shadow: -1rem 0 0 var(--paper), -1.2rem 0 0 var(--accent); }
article h2 { margin: 0; font: 600 .95rem/1.5 var(--mono); overflow-wrap: anywhere; }
article h2 a { color: var(--ink); text-decoration: none; }
article h2 a:hover { text-decoration: underline; }
var { color: var(--accent); }
article p { margin: .5rem 0; }
article h3 { margin: 1.2rem 0 .15rem; font-size: .85rem; font-weight: 650; color: var(--dim); }
.method { font-weight: 700; font-size: .82em; }
article h2 .method, .here .method { display: inline-block; min-width: 3.9rem; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.role {
  display: inline-block; margin-left: .3rem; padding: 0 .55rem; border: 1px solid currentColor; border-radius: 99px;
  font-size: .75rem; line-height: 1.5; vertical-align: .1em; white-space: nowrap; color: var(--dim);
}
.role.operator { color: var(--put); } .role.admin { color: var(--delete); } .role.viewer { color: var(--get); }

.fields { font-size: .9rem; }
.fields tr:first-child th, .fields tr:first-child td { border-top: 0; }
.fields th { width: 34%; overflow-wrap: anywhere; }
.fields th code { color: var(--ink); overflow-wrap: anywhere; }
.fields th .dim { display: block; font-size: .88em; font-weight: 400; }
.fields .type { width: 30%; color: var(--dim); overflow-wrap: anywhere; }
.fields td:last-child { padding-right: 0; }
.fields tr:target { background: var(--shade); }
p.type { color: var(--dim); }
.required { font-size: .75rem; font-weight: 500; color: var(--delete); }
.status { font-size: .85em; }
.answers { margin: .2rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
.answers li { padding: .12rem 0; }
.answers .status { margin-right: .35rem; }

.try { min-width: 0; }
pre {
  margin: 0; padding: .8rem 1rem; overflow: auto; max-height: 26rem; background: var(--shade);
  border: 1px solid var(--line); border-radius: 8px; font-size: 13px; line-height: 1.5; tab-size: 2;
}
.guide pre { max-height: none; }
pre.curl { white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: inherit; overflow-wrap: normal; }
.curl code { overflow-wrap: anywhere; }
.try .dim { margin: .8rem 0 .25rem; font-size: .8rem; }

@media (min-width: 75rem) {
  .try { position: sticky; top: 1rem; align-self: start; }
  #contents { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; }
}
@media (max-width: 75rem) { article { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 56rem) {
  body { display: block; }
  header { padding: .6rem 1.1rem; }
  .to-contents { display: inline; }
  form { order: 3; flex-basis: 100%; max-width: none; }
  main { padding-top: 1.4rem; padding-bottom: 2.5rem; }
  #contents { border-right: 0; border-top: 1px solid var(--line); background: var(--shade); padding: .5rem 1.1rem 2rem; }
  #contents a { padding: .45rem 0; }
}
@media (max-width: 40rem) {
  h1 { font-size: 1.7rem; }
  .places { display: block; }
  .places dt { margin-top: .7rem; }
  thead { display: none; }
  tr { display: block; padding: .45rem 0; border-top: 1px solid var(--line); }
  tr:first-child { border-top: 0; }
  th, td, .fields th, .fields .type { display: block; width: auto; padding: 0; border: 0; }
}
@media print { header, nav, .try { display: none; } body, article { display: block; } }
`;
