/** The whole site's looks: plain CSS, no web fonts, no scripts. */
export const css = `
:root { --ink: #1d2b3a; --soft: #5a6b7b; --line: #dfe6ec; --paper: #ffffff; --ground: #f4f7f9; --accent: #0b6e75;
  --accent-ink: #ffffff; --warm: #c8553d; }
* { box-sizing: border-box; }
body { margin: 0; word-break: auto-phrase; background: var(--ground); color: var(--ink); line-height: 1.75;
  font-family: "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", Meiryo, system-ui, sans-serif; }
a { color: var(--accent); }
header.site { background: var(--paper); border-bottom: 1px solid var(--line); }
header.site > div, main, footer.site > div { max-width: 60rem; margin: 0 auto; padding: 0 1.5rem; }
header.site > div { display: flex; gap: 1.5rem; align-items: center; min-height: 4rem; flex-wrap: wrap; }
.brand { font-weight: 700; font-size: 1.15rem; text-decoration: none; color: var(--ink); letter-spacing: .02em; }
.brand svg { vertical-align: -.35em; margin-right: .5rem; }
.brand small { color: var(--soft); font-weight: 400; margin-left: .5rem; }
nav { display: flex; gap: 1.1rem; margin-left: auto; align-items: center; flex-wrap: wrap; font-size: .95rem; }
nav a { text-decoration: none; color: var(--ink); }
nav a:hover { color: var(--accent); }
nav form { margin: 0; }
main { padding-top: 2.5rem; padding-bottom: 3rem; }
h1 { font-size: 1.7rem; line-height: 1.4; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
.lead { color: var(--soft); max-width: 42rem; margin: 0 0 1.75rem; }
.hero { padding: 1.5rem 0 2.25rem; }
.hero h1 { font-size: 2.3rem; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1.25rem 1.4rem; }
.card p { margin: 0 0 .75rem; color: var(--soft); font-size: .95rem; }
.card p:last-child { margin-bottom: 0; }
.card .meta { font-size: .82rem; }
.card button + .meta { margin-top: .6rem; }
.list .card { margin-bottom: .75rem; }
form.sheet { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1.75rem;
  max-width: 36rem; }
label { display: block; font-size: .9rem; margin-bottom: 1.1rem; font-weight: 600; }
label small { font-weight: 400; color: var(--soft); margin-left: .4rem; }
input, textarea, select { display: block; width: 100%; margin-top: .3rem; padding: .6rem .75rem; font: inherit;
  font-weight: 400; border: 1px solid #c3ced8; border-radius: .4rem; background: #fff; color: inherit; }
input:focus, textarea:focus, select:focus { outline: 3px solid #0b6e7533; border-color: var(--accent); }
label.check { display: flex; gap: .6rem; align-items: baseline; font-weight: 400; }
label.check input { width: auto; margin: 0; }
button, a.button { display: inline-block; font: inherit; font-weight: 600; border: 0; border-radius: .4rem;
  padding: .6rem 1.4rem; background: var(--accent); color: var(--accent-ink); cursor: pointer; text-decoration: none; }
button.quiet { background: none; color: var(--soft); padding: 0; font-weight: 400; text-decoration: underline; }
button.small { padding: .25rem .9rem; font-size: .85rem; background: #e6f0f1; color: var(--accent); }
.notice { border-left: 4px solid var(--accent); background: #eaf4f4; padding: .8rem 1.1rem; border-radius: 0 .4rem .4rem 0;
  margin: 0 0 1.5rem; font-size: .92rem; }
.notice.wrong { border-color: var(--warm); background: #fbeeeb; }
.token { font-family: ui-monospace, monospace; font-size: .85rem; color: var(--soft); }
.price, .card p.price { font-size: 1.5rem; font-weight: 700; color: var(--ink); }
.price small { font-size: .9rem; font-weight: 400; color: var(--soft); }
[lang=en] { font-size: .82em; color: var(--soft); font-weight: 400; }
button [lang=en] { color: inherit; }
.sheet { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: 1.5rem 1.75rem;
  max-width: 44rem; margin: 0 0 1.25rem; }
form.sheet.wide { max-width: 44rem; }
.sheet p { margin: 0 0 .9rem; }
dl { margin: 0 0 1.1rem; }
dt { font-weight: 600; }
dd { margin: 0 0 .6rem; color: var(--soft); font-size: .95rem; }
.answers { display: flex; flex-wrap: wrap; gap: .75rem 1rem; align-items: center; }
.answers form { margin: 0; }
button.answer { background: var(--paper); color: var(--ink); border: 2px solid var(--accent); padding: .5rem 1.2rem; }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.more { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
.small, td small { font-size: .85rem; color: var(--soft); }
ul.lead { padding-left: 1.25rem; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1rem; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .55rem .75rem .55rem 0; border-top: 1px solid var(--line); }
th { width: 11rem; font-weight: 600; }
.cookies { position: fixed; inset: auto 0 0; z-index: 1; background: var(--paper); border-top: 3px solid var(--accent);
  box-shadow: 0 -.3rem 1.2rem #1d2b3a22; max-height: 60vh; overflow-y: auto; }
.cookies > div { max-width: 60rem; margin: 0 auto; padding: 1rem 1.5rem; }
.cookies h2 { font-size: 1rem; margin: 0 0 .25rem; }
.cookies p { margin: 0 0 .75rem; font-size: .9rem; line-height: 1.6; }
body:has(.cookies) { padding-bottom: 13rem; }
html:has(.cookies) { scroll-padding-bottom: 13rem; }
footer.site p { margin: 0 0 .4rem; }
@media (max-width: 40rem) {
  header.site > div { padding-top: .8rem; padding-bottom: .8rem; gap: .6rem 1.5rem; }
  .hero h1 { font-size: 1.8rem; }
  .sheet { padding: 1.1rem 1.1rem; }
  .cookies > div { padding: .8rem 1rem; }
  .cookies .answers form { flex: 1 1 100%; }
  .cookies button.answer { width: 100%; }
  body:has(.cookies) { padding-bottom: 24rem; }
  html:has(.cookies) { scroll-padding-bottom: 24rem; }
  th, td { display: block; width: auto; padding-right: 0; }
  td { border-top: 0; padding-top: 0; }
}
footer.site { border-top: 1px solid var(--line); color: var(--soft); font-size: .85rem; padding: 1.25rem 0 2.5rem; }
`;
