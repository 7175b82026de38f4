import { createHash } from 'node:crypto';

/**
 * What pages do in a browser with scripts: passwords can be shown and are checked while they are typed, and a form is
 * submitted once. Every page is complete without it.
 */
export const pageScript = `'use strict';
for (const box of document.querySelectorAll('[data-reveal]')) {
  const input = document.getElementById(box.dataset.reveal);
  box.parentElement.hidden = false;
  box.addEventListener('change', () => { input.type = box.checked ? 'text' : 'password'; });
}
for (const form of document.querySelectorAll('form')) {
  let isSent = false;
  form.addEventListener('submit', (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    for (const box of form.querySelectorAll('[data-reveal]')) document.getElementById(box.dataset.reveal).type = 'password';
  });
  // The page may be shown again as it was left.
  addEventListener('pageshow', () => { isSent = false; });
}
for (const input of document.querySelectorAll('[data-check]')) {
  const result = document.createElement('p');
  result.className = 'check';
  result.setAttribute('role', 'status');
  input.after(result);
  let timer;
  let latest = 0;
  const show = (text, isAccepted) => {
    result.textContent = text;
    result.dataset.accepted = isAccepted;
  };
  const check = async () => {
    const number = ++latest;
    const body = new URLSearchParams(new FormData(input.form));
    const response = await fetch(input.dataset.check, { method: 'POST', body }).catch(() => undefined);
    if (number !== latest) return;
    if (response === undefined || !response.ok) return show('', false);
    const { violations } = await response.json();
    if (number === latest) show(violations.join(' ') || input.dataset.accepted, violations.length === 0);
  };
  input.addEventListener('input', () => {
    clearTimeout(timer);
    latest += 1;
    if (input.value === '') show('', false);
    else timer = setTimeout(check, 600);
  });
}
`;

export const scriptPath = versionedPath('page.js', pageScript);

/** The path of a script, which changes with the content, so that browsers may keep it. */
export function versionedPath(name: string, script: string): string {
  return `/account/${name}?v=${createHash('sha256').update(script).digest('hex').slice(0, 16)}`;
}
