import { describe, expect, it } from '@jest/globals';
import { banner } from './banner.ts';
import { Links } from './platform/config/links.ts';

const content = {
  url: 'http://127.0.0.1:3000',
  links: new Links('https://dev.example.com/backend'),
  database: { url: 'postgresql://u:p@127.0.0.1:5433/plinth', description: 'embedded', embedded: true },
  mailbox: true,
  readyMs: 1000,
  administrator: undefined,
};

describe('The banner', () => {
  it('links to pages by the public URL, and shows the URL that the service listens on', () => {
    const text = banner(content);

    expect(text).toContain('ready at http://127.0.0.1:3000 ');
    expect(text).toContain('API docs   https://dev.example.com/backend/docs');
    expect(text).toContain('Mailbox    https://dev.example.com/backend/dev/mailbox');
  });

  it('shows the URL of the embedded database, and the command for Prisma Studio', () => {
    const text = banner(content);

    expect(text).toContain('DATABASE_URL=postgresql://u:p@127.0.0.1:5433/plinth');
    expect(text).toContain('npx prisma studio --url "postgresql://u:p@127.0.0.1:5433/plinth"');
  });

  it('does not show the URL of another database, which contains its password', () => {
    const text = banner({ ...content, database: { ...content.database, embedded: false } });

    expect(text).not.toContain('postgresql://');
    expect(text).not.toContain('Admin');
  });

  it('names the host of Redis without the password, and nothing without Redis', () => {
    const text = banner({ ...content, redisUrl: 'redis://:secret@redis.example.com:6380/2' });

    expect(text).toContain('Redis      redis.example.com:6380\n');
    expect(text).not.toContain('secret');
    expect(banner(content)).not.toContain('Redis');
  });

  it('shows the generated password at the first start, and how to replace it later', () => {
    const administrator = { email: 'admin@example.com', password: 'generated' };

    expect(banner({ ...content, administrator })).toContain('Admin      admin@example.com  password: generated');
    expect(banner(content)).toContain('Admin      npm run create-admin');
  });
});
