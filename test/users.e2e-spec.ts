import { describe, expect, it } from '@jest/globals';
import { start } from './support/app.ts';

const { api, given } = await start();

describe('GET /v1/users/me', () => {
  it('shows the caller with roles and permissions', async () => {
    const admin = await given.admin({ displayName: 'Ada' });

    const reply = await api.as(admin).get('/v1/users/me');

    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      id: admin.id,
      email: admin.email,
      displayName: 'Ada',
      roles: ['user', 'admin'],
      status: 'active',
      permissions: ['audit:read', 'users:read', 'users:write'],
    });
  });
});
