import { describe, expect, it } from '@jest/globals';
import { html, prose } from './html-page.ts';

describe('html', () => {
  it('escapes its values', () => {
    expect(html`<p title="${`"'&`}">${'<script>'}</p>`.text).toBe('<p title="&quot;&#39;&amp;">&lt;script&gt;</p>');
  });

  it('keeps markup and joins lists', () => {
    expect(html`<ul>${[html`<li>${1}</li>`, html`<li>${'<'}</li>`]}</ul>`.text).toBe(
      '<ul><li>1</li><li>&lt;</li></ul>',
    );
  });
});

describe('prose', () => {
  it('turns text between backticks into code elements and escapes everything', () => {
    expect(prose('Send `<a>` or `b` & so on.').text).toBe('Send <code>&lt;a&gt;</code> or <code>b</code> &amp; so on.');
  });

  it('returns a text without backticks unchanged', () => {
    expect(prose('Nothing special.').text).toBe('Nothing special.');
  });
});
