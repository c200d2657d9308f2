/** The page's style. System fonts, one accent, both colour schemes; wide screens show the request beside its description. */
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
html { scroll-padding-top: 1.25rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; display: grid; grid-template-columns: 19rem minmax(0, 1fr);
  background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, sans-serif;
}
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
:target { scroll-margin-top: 1.25rem; }
code, pre, var, .method, .status { font-family: var(--mono); font-style: normal; }
code { font-size: .88em; color: var(--code); }
.dim { color: var(--dim); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem; z-index: 1; }

nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem 3rem 1.5rem;
  background: var(--shade); border-right: 1px solid var(--line); font-size: 13px; scrollbar-width: thin;
}
nav .brand { margin: 0 0 1rem; font-size: 16px; font-weight: 700; }
nav .brand a { color: var(--ink); }
nav .brand span { font-weight: 400; color: var(--dim); font-size: 12px; }
nav h2 { margin: 1.1rem 0 .25rem; font-size: 12px; font-weight: 650; letter-spacing: .01em; }
nav h2 a { color: var(--ink); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a {
  display: block; padding: .13rem 0; color: var(--dim);
  white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
}
nav li a:hover { color: var(--ink); text-decoration: none; }
nav var { color: inherit; font-family: inherit; }
nav .method { display: inline-block; width: 2.7rem; font-size: 10px; }

main { padding: 2.5rem clamp(1.25rem, 3.5vw, 3.5rem) 6rem; max-width: 96rem; }
h1 { margin: 0; font-size: 2.1rem; line-height: 1.15; letter-spacing: -.02em; }
h1 span { font-weight: 300; color: var(--dim); }
.lead { margin: .6rem 0 0; max-width: 46rem; font-size: 1.08rem; color: var(--dim); }
section { margin-top: 3.5rem; }
section > h2 {
  margin: 0 0 .5rem; padding-bottom: .5rem; font-size: 1.45rem; letter-spacing: -.01em;
  border-bottom: 2px solid var(--accent);
}
.start > h2 { border: 0; padding: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(21rem, 1fr)); gap: 1rem; }
.cards > div { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; }
.cards h3 { margin: 0 0 .4rem; font-size: 1rem; }
.cards p { margin: .4rem 0; }
.cards dl { display: grid; grid-template-columns: auto 1fr; gap: .3rem .8rem; margin: .6rem 0 0; }
.cards dd { margin: 0; }

article {
  display: grid; grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); gap: 1rem 2.5rem;
  padding: 1.6rem 0 1.8rem; border-bottom: 1px solid var(--line);
}
article.one { display: block; }
article:target { box-shadow: -1rem 0 0 var(--paper), -1.2rem 0 0 var(--accent); }
article h3 { margin: 0; font-size: 1rem; font-weight: 600; line-height: 1.5; overflow-wrap: anywhere; }
article:not(.one) h3 { font-family: var(--mono); font-size: .95rem; }
article h3 a { color: var(--ink); }
article h3 var { color: var(--accent); }
article p { margin: .5rem 0; max-width: 46rem; }
article .summary { font-size: 1.02rem; }
article h4 {
  margin: 1.2rem 0 .15rem; font-size: .78rem; font-weight: 650; letter-spacing: .04em; color: var(--dim);
}
article h4 .schema { letter-spacing: 0; }
.method { font-weight: 700; font-size: .82em; }
h3 .method { display: inline-block; min-width: 3.4rem; }
.get { color: var(--get); } .post { color: var(--post); } .put { color: var(--put); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
.role {
  display: inline-block; margin-left: .3rem; padding: 0 .55rem; border: 1px solid currentColor; border-radius: 99px;
  font-size: .72rem; line-height: 1.5; vertical-align: .1em; white-space: nowrap; color: var(--dim);
}
.cards .role { margin-left: 0; }
.role.operator { color: var(--put); } .role.admin { color: var(--delete); } .role.viewer { color: var(--get); }

.fields { width: 100%; border-collapse: collapse; font-size: .9rem; }
.fields th, .fields td { padding: .38rem .9rem .38rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
.fields tr:first-child th, .fields tr:first-child td { border-top: 0; }
.fields th { width: 34%; font-weight: 600; overflow-wrap: anywhere; }
.fields th code { color: var(--ink); }
.fields th .dim { display: block; font-size: .88em; font-weight: 400; }
.fields th .dim:empty { display: none; }
.fields .type { width: 30%; color: var(--dim); }
.fields td:last-child { padding-right: 0; }
p.type { color: var(--dim); }
.required { font-size: .72rem; font-weight: 500; color: var(--delete); }
.status { font-size: .85em; }
.answers { margin: .2rem 0 0; padding: 0; list-style: none; font-size: .9rem; }
.answers li { padding: .12rem 0; }
.answers .status { margin-right: .35rem; }

.try { min-width: 0; }
@media (min-width: 75rem) { .try { position: sticky; top: 1.25rem; align-self: start; } }
pre {
  margin: 0; padding: .8rem 1rem; overflow: auto; max-height: 26rem; background: var(--shade);
  border: 1px solid var(--line); border-radius: 8px; font-size: 12.5px; line-height: 1.5; tab-size: 2;
}
pre.curl { white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: inherit; }
.try .dim { margin: .8rem 0 .25rem; font-size: .78rem; }

@media (max-width: 75rem) { article { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 56rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); padding: 1rem 1.25rem; }
  nav .brand { margin: 0; }
  nav .contents { display: flex; flex-wrap: wrap; gap: .4rem; margin-top: .7rem; }
  nav .contents ul { display: none; }
  nav h2 { margin: 0; }
  nav h2 a { display: block; padding: .25rem .65rem; border: 1px solid var(--line); border-radius: 99px; background: var(--paper); }
  main { padding-top: 1.75rem; }
  section { margin-top: 2.5rem; }
  .cards { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 40rem) {
  h1 { font-size: 1.7rem; }
  .fields tr { display: block; padding: .45rem 0; border-top: 1px solid var(--line); }
  .fields tr:first-child { border-top: 0; }
  .fields th, .fields td, .fields .type { display: block; width: auto; padding: 0; border: 0; }
}
@media print { nav, .try { display: none; } body, article { display: block; } }
`;
