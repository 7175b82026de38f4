import { describe, expect, it } from '@jest/globals';
import { permissionsPage } from '../../src/platform/http/openapi/permission-matrix.ts';
import type { Route } from '../harness/app/routes.ts';
import { routesOf } from '../harness/app/routes.ts';
import type { ApiResponse } from '../harness/http/api.ts';
import { operationsApp } from './operations-app.ts';
import type { PermissionCall, PermissionRow } from './permission-calls.ts';
import {
  committedPermissions,
  PermissionCalls,
  permissionRows,
  permissionsFile,
  withoutDate,
} from './permission-calls.ts';

/*
 * Calls every route of the router as every kind of caller and compares the results with docs/reference/permissions.md,
 * which is derived from decorators: the responses show whether the service does what these declare.
 */

const open: PermissionRow = { anonymous: 'in', other: 'in', owner: 'in', admin: 'in', apiKey: 'in' };
const unknown: PermissionRow = {
  anonymous: 'hidden',
  other: 'hidden',
  owner: 'hidden',
  admin: 'hidden',
  apiKey: 'hidden',
};

/** Routes that no controller declares: the document with Swagger UI, and the admin console with its files. */
const withoutController: Readonly<Record<string, PermissionRow>> = {
  'GET /admin': open,
  'GET /admin/': open,
  'GET /admin/*': unknown,
  'GET /docs': open,
  'GET /docs/': open,
  'GET /docs/*': open,
  'GET /docs/LICENSE': unknown,
  'GET /docs/docs/swagger-ui-init.js': open,
  'GET /docs/index.html': open,
  'GET /docs/openapi.json': open,
  'GET /docs/openapi.yaml': open,
  'GET /docs/page.css': open,
  'GET /docs/page.js': open,
  'GET /docs/swagger-ui-init.js': open,
};

/** The page describes the built-in roles as features declare them. */
const running = await operationsApp();
const { app, api } = running;
const calls = await PermissionCalls.start(running, send);
const matrix: Readonly<Record<string, PermissionRow>> = { ...withoutController, ...permissionRows() };
/** Without bull-board, which a service with Redis adds: test/jobs/queue-dashboard calls it. */
const routes = routesOf(app)
  .filter(({ path }) => !path.startsWith('/admin/queues'))
  .map(withDeclaredNames);
const named = routes.map((route): [string, Route] => [`${route.method} ${route.path}`, route]);

/** The router has one name for the parameters of all routes in one place. */
function withDeclaredNames(route: Route): Route {
  const shapeOf = (name: string): string => name.replaceAll(/:\w+/g, ':');
  const name = Object.keys(matrix).find((each) => shapeOf(each) === shapeOf(`${route.method} ${route.path}`));
  return name === undefined ? route : { ...route, path: name.slice(route.method.length + 1) };
}

async function send({ method, target, headers, body, mediaType }: PermissionCall): Promise<ApiResponse> {
  const hasContent = method === 'POST' || method === 'PATCH' || method === 'PUT';
  const content = hasContent ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {};
  const type = hasContent ? { 'Content-Type': mediaType } : {};
  const controller = new AbortController();
  const { signal } = controller;
  const init = { method, headers: { ...type, ...headers }, ...content, redirect: 'manual', signal } as const;
  const response = await fetch(api.baseUrl + target, init);
  // A stream does not end: its headers are enough.
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  const text = isStream ? '' : await response.text();
  controller.abort();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: undefined, text };
}

describe(permissionsFile, () => {
  it('is derived from the decorators of the controllers', () => {
    if (withoutLayout(permissionsPage(app)) !== withoutLayout(committedPermissions)) {
      throw new Error('It differs: run npm run generate:docs, then review who may call each route.');
    }
  });

  it('lists every route, and no other', () => {
    expect(routes.length).toBeGreaterThan(40);
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(['GET /livez', 'GET /v1/users/me']));
    expect(Object.keys(matrix).sort()).toEqual(named.map(([name]) => name).sort());
  });

  // A difference means that a handler does not do what its decorators, or the `resourceAccess` of its feature, declare.
  it.each(named)('matches the responses of %s', async (name, route) => {
    expect(await calls.outcomes(route)).toEqual(matrix[name]);
  });
});

describe('A hidden resource', () => {
  const hidden = named.filter(([name]) => matrix[name]?.other === 'hidden' && name.includes(':'));

  it('exists', () => {
    expect(hidden.length).toBeGreaterThan(3);
  });

  it.each(hidden)('returns the same bytes as a missing resource: %s', async (_, route) => {
    const { hidden: foreign, missing } = await calls.hiddenAndMissing(route);

    expect(foreign.status).toBe(404);
    expect(withoutDate(foreign)).toEqual(withoutDate(missing));
  });
});

/** Prettier aligns the columns of tables. */
function withoutLayout(text: string): string {
  return text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}
