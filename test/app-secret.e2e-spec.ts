import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given, database } = await start();

describe('What was sealed with another APP_SECRET', () => {
  it('shows a mail without its link, and the mailbox goes on', async () => {
    const email = 'reader@example.com';
    await api.post('/v1/auth/register', { email, password: 'correct horse battery staple', displayName: 'Reader' });
    await database.pool.query("UPDATE mailed_tokens SET sealed_token = decode(repeat('00', 64), 'hex')");

    const reply = await api.get(`/dev/mailbox?to=${email}`);

    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ data: [{ to: email, links: [] }] });
  });

  it('lets no login leave a session or a success behind', async () => {
    const { id, email, password } = await given.user();
    await database.pool.query(`
      INSERT INTO signing_keys (kid, state, public_jwk, sealed_private_key, activated_at)
      VALUES ('sealed-otherwise', 'active', '{}', decode(repeat('00', 64), 'hex'), now())`);

    const reply = await api.post('/v1/auth/login', { email, password });

    expect(reply.status).toBe(500);
    expect((await database.pool.query('SELECT FROM sessions WHERE user_id = $1', [id])).rowCount).toBe(0);
    const { rowCount } = await database.pool.query("SELECT FROM audit_events WHERE event = 'authn_login_success'");
    expect(rowCount).toBe(0);
  });
});
