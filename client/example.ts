import createClient from 'openapi-fetch';
import type { components, paths } from './api.d.ts';

type User = components['schemas']['UserDto'];

/** Logs in and lists all users, page by page, with the types of this folder. */
export async function allUsers(baseUrl: string, email: string, password: string): Promise<User[]> {
  const api = createClient<paths>({ baseUrl });
  const { data: tokens, error } = await api.POST('/v1/auth/login', { body: { email, password } });
  if (error !== undefined) throw new Error(error.detail ?? error.title);
  if ('mfaToken' in tokens) throw new Error('The account has a second factor: see Session.verifyMfa');
  const headers = { Authorization: `Bearer ${tokens.accessToken}` };

  const users: User[] = [];
  let cursor: string | null = null;
  do {
    const query: { limit: number; cursor?: string } = cursor === null ? { limit: 2 } : { limit: 2, cursor };
    const page = await api.GET('/v1/users', { params: { query }, headers });
    if (page.error !== undefined) throw new Error(page.error.detail ?? page.error.title);
    users.push(...page.data.data);
    cursor = page.data.page.next;
  } while (cursor !== null);
  return users;
}
