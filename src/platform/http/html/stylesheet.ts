import type { Branding } from '../../config/branding.ts';
import { readableColor } from '../../config/accent-color.ts';

const light = { background: '#f5f6f8', surface: '#ffffff', code: '#eceef2' };
const dark = { background: '#101215', surface: '#191c21', code: '#23272e' };

/**
 * The stylesheet of all pages. It is part of each page, so that also the page about an exceeded rate limit has it. Controls are at least 44 px high (WCAG 2.2 §2.5.5).
 */
export function stylesheet({ accentColor: accent, accentTextColor }: Branding): string {
  return `
:root {
  color-scheme: light dark;
  --background: ${light.background}; --surface: ${light.surface}; --text: #1b1f24; --muted: #586271; --line: #d9dde3;
  --border: #868f9b; --code: ${light.code}; --danger: #b3261e; --danger-surface: #fdf1f0; --good: #0b6b43; --good-surface: #edf8f2;
  --accent: ${accent}; --on-accent: ${accentTextColor};
  --link: ${readableColor(accent, Object.values(light))};
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: ${dark.background}; --surface: ${dark.surface}; --text: #e7eaee; --muted: #a3acb8; --line: #2e343c;
    --border: #737d89; --code: ${dark.code}; --danger: #ff9d92; --danger-surface: #2c1715; --good: #7fd8ac; --good-surface: #10261b;
    --link: ${readableColor(accent, Object.values(dark))};
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--background); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere;
}
.brand, .site { width: 100%; max-width: 60rem; margin: 0 auto; padding: 1.25rem 1.25rem 0; }
.brand { display: flex; align-items: center; gap: .65rem; font-weight: 650; font-size: 1.0625rem; }
.brand span { overflow: hidden; text-overflow: ellipsis; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; }
.brand img { height: 2.25rem; max-width: 11rem; object-fit: contain; }
.brand .mark {
  flex: none; width: 2.25rem; height: 2.25rem; border-radius: .6rem; display: grid; place-items: center;
  background: var(--accent); color: var(--on-accent); font-weight: 750;
}
main { width: 100%; max-width: 60rem; margin: 0 auto; padding: 1.25rem; flex: 1; }
.site { padding: 0 1.25rem 1rem; color: var(--muted); font-size: .9375rem; display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.site a { display: inline-flex; align-items: center; min-height: 44px; min-width: 44px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; letter-spacing: -.01em; }
h2 { font-size: 1.125rem; line-height: 1.35; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; } ul, ol { padding-left: 1.3rem; margin: 0 0 1rem; } li { margin: .2rem 0; }
a { color: var(--link); text-underline-offset: .18em; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: .25rem; }
code, pre, kbd { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
code { background: var(--code); border-radius: .3rem; padding: .1em .35em; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: .6rem; padding: .85rem 1rem; margin: 0 0 1rem; white-space: pre-wrap; }
pre code { background: none; padding: 0; } pre.copy { user-select: all; }
table { border-collapse: collapse; width: 100%; margin: 0 0 1rem; }
th, td { text-align: left; padding: .5rem .75rem .5rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { white-space: nowrap; } th { color: var(--muted); font-weight: 600; font-size: .9375rem; }
article { border-top: 1px solid var(--line); padding: .4rem 0 1rem; }
.quiet { color: var(--muted); }
.status { font-size: .9375rem; color: var(--muted); margin: 0 0 .35rem; font-weight: 600; }
.narrow main { max-width: 29rem; flex: none; margin-bottom: auto; }
.narrow .brand { max-width: 29rem; padding-top: 8vh; } .narrow .site { max-width: 29rem; padding-top: .5rem; }
.card, .narrow main > section {
  background: var(--surface); border: 1px solid var(--line); border-radius: .9rem; padding: 1.5rem; margin: 0 0 1rem;
}
.narrow main > section > :last-child, .narrow form > :last-child { margin-bottom: 0; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr)); gap: .85rem; padding: 0; margin: 0 0 1.5rem; list-style: none; }
.cards li { margin: 0; position: relative; background: var(--surface); border: 1px solid var(--line); border-radius: .75rem; padding: .85rem 1rem; color: var(--muted); }
.cards li:hover { border-color: var(--link); } .cards span { display: block; font-size: .9375rem; }
.cards a { font-weight: 650; text-decoration: none; } .cards a::after { content: ""; position: absolute; inset: 0; border-radius: .75rem; }
.cards a:focus-visible { outline: none; } .cards a:focus-visible::after { outline: 3px solid var(--link); outline-offset: 2px; }
.steps > li { margin: 0 0 1rem; padding-left: .25rem; } .steps p { margin-bottom: .5rem; }
.state { display: flex; align-items: center; gap: .6rem; color: var(--danger); font-weight: 600; background: none; }
.state::before { content: ""; width: .7rem; height: .7rem; border-radius: 50%; background: currentColor; }
.state.good { color: var(--good); background: none; }
.check { color: var(--danger); font-weight: 600; font-size: .9375rem; margin: .35rem 0 0; } .check[data-accepted="true"] { color: var(--good); } .check:empty { display: none; }
.field { margin: 0 0 1.1rem; } label, .label { display: block; font-weight: 600; margin: 0 0 .3rem; }
label small { font-weight: 400; color: var(--muted); font-size: .9375rem; }
input[type="email"], input[type="password"], input[type="text"] {
  width: 100%; min-height: 2.9rem; padding: .5rem .75rem; font: inherit; color: var(--text); background: var(--surface);
  border: 1px solid var(--border); border-radius: .55rem;
}
input[aria-invalid="true"] { border: 2px solid var(--danger); }
input.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 1.25rem; letter-spacing: .12em; }
.hint { color: var(--muted); font-size: .9375rem; margin: 0 0 .45rem; } ul.hint { padding-left: 1.15rem; }
.error { color: var(--danger); font-weight: 600; font-size: .9375rem; margin: .35rem 0 0; }
.toggle { display: inline-flex; align-items: center; gap: .55rem; min-height: 44px; font-weight: 400; margin: 0; }
.toggle input { width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--link); }
.notice { border: 1px solid var(--danger); border-left-width: 5px; border-radius: .55rem; background: var(--danger-surface); padding: .85rem 1rem; margin: 0 0 1.25rem; }
.notice h2 { margin: 0 0 .35rem; font-size: 1rem; color: var(--danger); } .notice ul, .notice p { margin-bottom: 0; }
.notice a { color: inherit; line-height: 1.75; }
.good { border-color: var(--good); background: var(--good-surface); } .good h2 { color: var(--good); }
button, .button {
  display: flex; align-items: center; justify-content: center; gap: .6rem; width: 100%; min-height: 2.9rem; padding: .55rem 1rem; font: inherit; font-weight: 650; text-align: center;
  text-decoration: none; cursor: pointer; border-radius: .55rem; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent);
}
button:hover, .button:hover { filter: brightness(1.08); }
.secondary { background: transparent; color: var(--text); border-color: var(--border); }
.stack > * + * { margin-top: .65rem; } .stack { margin: 0 0 1rem; }
.or { display: flex; align-items: center; gap: .75rem; color: var(--muted); font-size: .9375rem; margin: 1.25rem 0 1rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.next { list-style: none; padding: 0; margin: 1rem 0 0; border-top: 1px solid var(--line); padding-top: .5rem; }
.next li { margin: 0; } .next a { display: inline-flex; align-items: center; min-height: 44px; }
.inline { display: inline-flex; width: auto; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 1.5rem 0 0; color: var(--muted); font-size: .9375rem; }
.facts dd { margin: 0; }
iframe { display: block; width: 100%; height: 70vh; min-height: 40rem; border: 1px solid var(--line); border-radius: .6rem; }
.bar { display: flex; flex-wrap: wrap; align-items: end; gap: .75rem; margin: 0 0 1.25rem; } .bar a { padding: .7rem 0; }
.bar form { display: flex; flex-wrap: wrap; align-items: end; gap: .5rem; } .bar form > label { width: 100%; margin: 0; }
.bar input { flex: 1; min-width: 11rem; } .bar button { width: auto; }
.rows { list-style: none; padding: 0; border-top: 1px solid var(--line); } .rows li { border-bottom: 1px solid var(--line); margin: 0; padding: .5rem 0; }
.rows a { display: flex; align-items: center; min-height: 44px; } .rows span { display: block; } .rows .quiet span, .rows .quiet time { display: inline; }
.action, .templates td a { display: inline-flex; align-items: center; min-height: 44px; min-width: 44px; }
[hidden] { display: none !important; }
@media (max-width: 24rem) { .card, .narrow main > section { padding: 1.1rem; } main, .brand, .site { padding-left: .85rem; padding-right: .85rem; } }
@media (forced-colors: active) { button, .button { border: 2px solid ButtonText; } }
`;
}
