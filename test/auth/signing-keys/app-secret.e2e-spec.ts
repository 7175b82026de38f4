import { beforeAll, describe, expect, it } from '@jest/globals';
import { Encryptor } from '../../../src/platform/crypto/encryptor.ts';
import { EncryptedColumns } from '../../../src/platform/database/encrypted-columns.ts';
import { FeatureRegistry } from '../../../src/platform/feature/feature-registry.ts';
import { startApp } from '../../harness/app/app.ts';
import { bearerOf, codeOf, MfaFlows } from '../../harness/http/mfa-flows.ts';

const former = 'the-former-secret-of-tests-is-public-knowledge';
const running = await startApp({ APP_SECRET_PREVIOUS: former });
const { app, api, factory, database } = running;
const flows = new MfaFlows(running);
const formerEncryptor = new Encryptor({ secret: former, previousSecrets: [] });

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

describe('Data encrypted with one of APP_SECRET_PREVIOUS', () => {
  beforeAll(async () => {
    await database.pool.query('DELETE FROM signing_keys');
  });

  it('is read, encrypted again with APP_SECRET, and read without the previous one', async () => {
    const user = await flows.user();
    await encryptWithFormer(user.factorId, user.secret);
    const columns = app.get(EncryptedColumns);
    const before = await columns.count();

    const byFormer = await flows.logIn(user);
    await columns.reencrypt(() => undefined);

    const after = await columns.count();
    expect(byFormer.accessToken).toEqual(expect.any(String));
    expect(before).toContainEqual({ table: 'totp_factors', current: 0, previous: 1, unreadable: 0 });
    expect(after).toContainEqual({ table: 'totp_factors', current: 1, previous: 0, unreadable: 0 });
    expect(after).toContainEqual({ table: 'signing_keys', current: 2, previous: 0, unreadable: 0 });
    expect(after).toContainEqual({ table: 'hash_keys', current: 1, previous: 0, unreadable: 0 });
    expect((await api.get('/v1/users/me', bearerOf(await flows.logIn(user)))).status).toBe(200);
  });

  it('may be encrypted again by two commands at once', async () => {
    const user = await flows.user();
    await encryptWithFormer(user.factorId, user.secret);
    const columns = app.get(EncryptedColumns);

    await Promise.all([columns.reencrypt(() => undefined), columns.reencrypt(() => undefined)]);

    expect((await flows.verify(await flows.challenge(user), codeOf(user, 1))).status).toBe(200);
  });

  it('is declared for every encrypted column', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT table_name || '.' || column_name AS name FROM information_schema.columns
       WHERE table_schema = current_schema() AND column_name LIKE 'encrypted%'`,
    );
    const declared = app.get(FeatureRegistry).encryptedColumns.map(({ table, column }) => `${table}.${column}`);

    // Successors of refresh tokens are encrypted under keys derived from the tokens.
    expect([...declared, 'refresh_tokens.encrypted_successor'].sort()).toEqual(rows.map(({ name }) => name).sort());
  });
});

async function encryptWithFormer(factorId: string, secret: string): Promise<void> {
  await database.pool.query('UPDATE totp_factors SET encrypted_secret = $1 WHERE id = $2', [
    formerEncryptor.encrypt(secret, factorId),
    factorId,
  ]);
}
