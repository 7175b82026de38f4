import { describe, expect, it } from '@jest/globals';
import { html, prefersHtml } from './html-page.ts';

describe('html', () => {
  it('escapes what is put in', () => {
    expect(html`<p title="${`"'&`}">${'<script>'}</p>`.text).toBe('<p title="&quot;&#39;&amp;">&lt;script&gt;</p>');
  });

  it('keeps markup and joins lists', () => {
    expect(html`<ul>${[html`<li>${1}</li>`, html`<li>${'<'}</li>`]}</ul>`.text).toBe(
      '<ul><li>1</li><li>&lt;</li></ul>',
    );
  });
});

describe('prefersHtml', () => {
  it('is what a browser does, and curl and clients do not', () => {
    expect(prefersHtml('text/html,application/xhtml+xml,*/*;q=0.8')).toBe(true);
    expect(prefersHtml('*/*')).toBe(false);
    expect(prefersHtml('application/json')).toBe(false);
    expect(prefersHtml(undefined)).toBe(false);
  });
});
