import { describe, expect, it } from '@jest/globals';
import { startApp } from '../../harness/app/app.ts';

const { api, factory, database } = await startApp();

describe('Data encrypted with another APP_SECRET', () => {
  it('shows an email without its link in the mailbox', async () => {
    const email = 'reader@example.com';
    await api.post('/v1/auth/register', { email, password: 'correct horse battery staple', displayName: 'Reader' });
    await database.pool.query("UPDATE one_time_tokens SET encrypted_token = decode(repeat('00', 64), 'hex')");

    const response = await api.get(`/dev/mailbox?to=${email}`);

    expect(response.status).toBe(200);
    expect(response.body).toMatchObject({ data: [{ to: email, links: [] }] });
  });

  it('makes a login fail without a session or an audit event of success', async () => {
    const { id, email, password } = await factory.user();
    await database.pool.query(`
      INSERT INTO signing_keys (kid, state, public_jwk, encrypted_private_key, activated_at)
      VALUES ('encrypted-with-another-secret', 'active', '{}', decode(repeat('00', 64), 'hex'), now())`);

    const response = await api.post('/v1/auth/login', { email, password });

    expect(response.status).toBe(500);
    expect((await database.pool.query('SELECT FROM sessions WHERE user_id = $1', [id])).rowCount).toBe(0);
    const { rowCount } = await database.pool.query("SELECT FROM audit_events WHERE event = 'authn_login_success'");
    expect(rowCount).toBe(0);
  });
});
