import { describe, expect, it } from '@jest/globals';
import { banner } from './banner.ts';
import { Links } from './config/links.ts';

describe('The banner', () => {
  it('names the pages by the public URL, and the service by where it listens', () => {
    const text = banner({
      url: 'http://127.0.0.1:3000',
      links: new Links('https://dev.example.com/backend'),
      database: 'embedded',
      mailbox: true,
      readyMs: 1000,
      administrator: undefined,
    });

    expect(text).toContain('ready at http://127.0.0.1:3000 ');
    expect(text).toContain('API docs   https://dev.example.com/backend/docs');
    expect(text).toContain('Mailbox    https://dev.example.com/backend/dev/mailbox');
  });
});
