/*
 * Compares two versions of the API document and lists the changes that break clients of the old one. It supports the
 * parts of JSON Schema that the document uses. Patterns and the formats of request members are not compared. A response
 * may get longer texts, new members and new values of an enum: clients have to expect those.
 */

import type { Change, Documents } from './breaking-schemas.ts';
import { inInput, inOutput } from './breaking-schemas.ts';
import type { Schema } from './resolved-schemas.ts';
import { nameOf } from './resolved-schemas.ts';

type Json = Readonly<Record<string, unknown>>;

type Content = Readonly<Record<string, { readonly schema?: Schema; readonly examples?: Json }>>;

interface Header {
  readonly $ref?: string;
  readonly required?: boolean;
}

interface Response {
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, Header>>;
  readonly content?: Content;
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly Json[];
  readonly 'x-permissions'?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses?: Readonly<Record<string, Response>>;
}

export interface ApiDocument {
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Response>>;
    readonly headers?: Readonly<Record<string, Header>>;
    readonly parameters?: Readonly<Record<string, Parameter>>;
  };
}

/** Describes every change that can break a client of the old document. */
export function breakingChanges(old: ApiDocument, now: ApiDocument): string[] {
  const documents = { old, now };
  const servers = (now.servers ?? []).map(({ url }) => url);
  const removed = (old.servers ?? []).filter(({ url }) => !servers.includes(url));
  const changes = Object.entries(old.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      const where = `${method.toUpperCase()} ${path}`;
      const successor = now.paths[path]?.[method];
      if (successor === undefined) return [`${where}: the operation is removed`];
      return inOperation({ where, old: operation, now: successor }, documents);
    }),
  );
  return [...removed.map(({ url }) => `the server ${url} is removed`), ...changes];
}

function inOperation({ where, old, now }: Change<Operation>, documents: Documents<ApiDocument>): string[] {
  const renamed = old.operationId !== now.operationId;
  const oldPermissions = old['x-permissions'] ?? [];
  return [
    ...(renamed ? [`${where}: the operationId ${old.operationId ?? ''} is now ${now.operationId ?? ''}`] : []),
    ...inSecurity({ where, old, now }),
    ...(now['x-permissions'] ?? [])
      .filter((permission) => !oldPermissions.includes(permission))
      .map((permission) => `${where}: it now requires the permission ${permission}`),
    ...inParameters({ where, old: parametersOf(old, documents.old), now: parametersOf(now, documents.now) }, documents),
    ...inBody({ where: `${where} body`, old, now }, documents),
    ...Object.entries(old.responses ?? {}).flatMap(([status, response]) => {
      const place = `${where} ${status}`;
      const successor = now.responses?.[status];
      if (successor === undefined) return [`${place}: the status is removed`];
      return inResponse(
        { where: place, old: responseOf(response, documents.old), now: responseOf(successor, documents.now) },
        documents,
      );
    }),
  ];
}

function inSecurity({ where, old, now }: Change<Operation>): string[] {
  if (isPublic(now)) return [];
  if (isPublic(old)) return [`${where}: it now requires an access token`];
  const schemes = ({ security = [] }: Operation): string[] =>
    security.map((scheme) => Object.keys(scheme).join(' and '));
  const others = schemes(now);
  return schemes(old)
    .filter((scheme) => !others.includes(scheme))
    .map((scheme) => `${where}: the security scheme ${scheme} is no longer accepted`);
}

function isPublic({ security = [] }: Operation): boolean {
  return security.length === 0 || security.some((scheme) => Object.keys(scheme).length === 0);
}

function inParameters({ where, old, now }: Change<readonly Parameter[]>, documents: Documents<ApiDocument>): string[] {
  const key = (parameter: Parameter): string => `${parameter.in ?? ''} parameter ${parameter.name ?? ''}`;
  const before = new Map(old.map((parameter) => [key(parameter), parameter]));
  const after = new Map(now.map((parameter) => [key(parameter), parameter]));
  const removed = [...before.keys()]
    .filter((name) => !after.has(name))
    .map((name) => `${where}: the ${name} is removed`);
  const newlyRequired = [...after]
    .filter(([name, { required }]) => required === true && before.get(name)?.required !== true)
    .map(([name]) => `${where}: the ${name} is now required`);
  const narrowed = [...after].flatMap(([name, { schema = {} }]) => {
    const known = before.get(name)?.schema;
    return known === undefined ? [] : inInput({ where: `${where} ${name}`, old: known, now: schema }, documents);
  });
  return [...removed, ...newlyRequired, ...narrowed];
}

function inBody({ where, old, now }: Change<Operation>, documents: Documents<ApiDocument>): string[] {
  if (now.requestBody === undefined) return old.requestBody === undefined ? [] : [`${where}: it is removed`];
  const newlyRequired = now.requestBody.required === true && old.requestBody?.required !== true;
  return [
    ...(newlyRequired ? [`${where}: it is now required`] : []),
    ...inContent({ where, old: old.requestBody?.content ?? {}, now: now.requestBody.content ?? {} }, (change) =>
      inInput(change, documents),
    ),
  ];
}

function inResponse({ where, old, now }: Change<Response>, documents: Documents<ApiDocument>): string[] {
  return [
    ...inHeaders({ where, old: old.headers ?? {}, now: now.headers ?? {} }, documents),
    ...inProblems({ where, old: old.content ?? {}, now: now.content ?? {} }),
    ...inContent({ where, old: old.content ?? {}, now: now.content ?? {} }, (change) => inOutput(change, documents)),
  ];
}

function inHeaders(
  { where, old, now }: Change<NonNullable<Response['headers']>>,
  documents: Documents<ApiDocument>,
): string[] {
  return Object.entries(old).flatMap(([name, header]) => {
    const successor = now[name];
    if (successor === undefined) return [`${where}: the header ${name} is removed`];
    const wasRequired = headerOf(header, documents.old).required === true;
    return wasRequired && headerOf(successor, documents.now).required !== true
      ? [`${where}: the header ${name} can now be absent`]
      : [];
  });
}

/** Clients switch on the types of problems; each has an example of its name. */
function inProblems({ where, old, now }: Change<Content>): string[] {
  const typesIn = (content: Content): string[] => Object.keys(content['application/problem+json']?.examples ?? {});
  const others = typesIn(now);
  return typesIn(old)
    .filter((type) => !others.includes(type))
    .map((type) => `${where}: the problem ${type} is removed`);
}

function inContent({ where, old, now }: Change<Content>, inSchema: (change: Change<Schema>) => string[]): string[] {
  return Object.entries(old).flatMap(([type, { schema = {} }]) => {
    const successor = now[type];
    if (successor === undefined) return [`${where}: the media type ${type} is removed`];
    return inSchema({ where, old: schema, now: successor.schema ?? {} });
  });
}

function responseOf(response: Response, document: ApiDocument): Response {
  return response.$ref === undefined ? response : (document.components?.responses?.[nameOf(response.$ref)] ?? {});
}

function parametersOf({ parameters = [] }: Operation, document: ApiDocument): Parameter[] {
  return parameters.map((parameter) =>
    parameter.$ref === undefined ? parameter : (document.components?.parameters?.[nameOf(parameter.$ref)] ?? {}),
  );
}

function headerOf(header: Header, document: ApiDocument): Header {
  return header.$ref === undefined ? header : (document.components?.headers?.[nameOf(header.$ref)] ?? {});
}
