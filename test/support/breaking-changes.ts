/*
 * What a new document takes away from clients that were written against an old one. Narrow on purpose: it knows what
 * this document is made of and nothing else of JSON Schema. Patterns and formats are not compared, and a reply may get
 * new members and new values of an enum: clients have to expect those.
 */

type Json = Readonly<Record<string, unknown>>;

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Response {
  readonly $ref?: string;
  readonly headers?: Json;
  readonly content?: Content;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Operation {
  readonly operationId?: string;
  readonly security?: readonly Json[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content?: Content };
  readonly responses?: Readonly<Record<string, Response>>;
}

export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Response>>;
  };
}

/** A thing before and after, and where it stands. */
interface Change<T> {
  readonly where: string;
  readonly old: T;
  readonly now: T;
}

/** Every change by which a client of the old document can break, in words. */
export function breakingChanges(old: ApiDocument, now: ApiDocument): string[] {
  const documents = { old, now };
  return Object.entries(old.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, operation]) => {
      const where = `${method.toUpperCase()} ${path}`;
      const successor = now.paths[path]?.[method];
      if (successor === undefined) return [`${where}: the operation is gone`];
      return inOperation({ where, old: operation, now: successor }, documents);
    }),
  );
}

interface Documents {
  readonly old: ApiDocument;
  readonly now: ApiDocument;
}

function inOperation({ where, old, now }: Change<Operation>, documents: Documents): string[] {
  const renamed = old.operationId !== now.operationId;
  const locked = isOpen(old) && !isOpen(now);
  return [
    ...(renamed ? [`${where}: the operationId ${old.operationId ?? ''} is now ${now.operationId ?? ''}`] : []),
    ...(locked ? [`${where}: it can't be called without a token any more`] : []),
    ...inParameters({ where, old: old.parameters ?? [], now: now.parameters ?? [] }, documents),
    ...inBody({ where: `${where} body`, old, now }, documents),
    ...Object.entries(old.responses ?? {}).flatMap(([status, response]) => {
      const place = `${where} ${status}`;
      const successor = now.responses?.[status];
      if (successor === undefined) return [`${place}: the status is gone`];
      return inResponse(
        { where: place, old: responseOf(response, documents.old), now: responseOf(successor, documents.now) },
        documents,
      );
    }),
  ];
}

function isOpen({ security = [] }: Operation): boolean {
  return security.length === 0 || security.some((scheme) => Object.keys(scheme).length === 0);
}

function inParameters({ where, old, now }: Change<readonly Parameter[]>, documents: Documents): string[] {
  const key = (parameter: Parameter): string => `${parameter.in} parameter ${parameter.name}`;
  const before = new Map(old.map((parameter) => [key(parameter), parameter]));
  const after = new Map(now.map((parameter) => [key(parameter), parameter]));
  const lost = [...before.keys()].filter((name) => !after.has(name)).map((name) => `${where}: the ${name} is gone`);
  const demanded = [...after]
    .filter(([name, { required }]) => required === true && before.get(name)?.required !== true)
    .map(([name]) => `${where}: the ${name} is now required`);
  const narrowed = [...after].flatMap(([name, { schema = {} }]) => {
    const known = before.get(name)?.schema;
    return known === undefined ? [] : inInput({ where: `${where} ${name}`, old: known, now: schema }, documents);
  });
  return [...lost, ...demanded, ...narrowed];
}

function inBody({ where, old, now }: Change<Operation>, documents: Documents): string[] {
  if (now.requestBody === undefined) return old.requestBody === undefined ? [] : [`${where}: it is gone`];
  const demanded = now.requestBody.required === true && old.requestBody?.required !== true;
  return [
    ...(demanded ? [`${where}: it is now required`] : []),
    ...inContent({ where, old: old.requestBody?.content ?? {}, now: now.requestBody.content ?? {} }, (change) =>
      inInput(change, documents),
    ),
  ];
}

function inResponse({ where, old, now }: Change<Response>, documents: Documents): string[] {
  const lost = Object.keys(old.headers ?? {}).filter((name) => !(name in (now.headers ?? {})));
  return [
    ...lost.map((name) => `${where}: the header ${name} is gone`),
    ...inContent({ where, old: old.content ?? {}, now: now.content ?? {} }, (change) => inOutput(change, documents)),
  ];
}

function inContent({ where, old, now }: Change<Content>, inSchema: (change: Change<Schema>) => string[]): string[] {
  return Object.entries(old).flatMap(([type, { schema = {} }]) => {
    const successor = now[type];
    if (successor === undefined) return [`${where}: the media type ${type} is gone`];
    return inSchema({ where, old: schema, now: successor.schema ?? {} });
  });
}

/** What was accepted has to be accepted still. */
function inInput({ where, ...schemas }: Change<Schema>, documents: Documents): string[] {
  const old = resolved(schemas.old, documents.old);
  const now = resolved(schemas.now, documents.now);
  const members = now.properties ?? {};
  const known = old.properties ?? {};
  const demanded = (now.required ?? []).filter((name) => !(old.required ?? []).includes(name));
  return [
    ...lostTypes(old, now).map((type) => `${where}: ${type} is no longer accepted`),
    ...lostValues(old, now).map((value) => `${where}: the value ${value} is no longer accepted`),
    ...tightened(old, now).map((limit) => `${where}: ${limit}`),
    ...Object.keys(known)
      .filter((name) => !(name in members))
      .map((name) => `${where}: the member ${name} is no longer accepted`),
    ...demanded.map((name) => `${where}: the member ${name} is now required`),
    ...inMembers({ where, old, now }, (change) => inInput(change, documents)),
  ];
}

/** What was sent has to be sent still, and nothing of another type. */
function inOutput({ where, ...schemas }: Change<Schema>, documents: Documents): string[] {
  const old = resolved(schemas.old, documents.old);
  const now = resolved(schemas.now, documents.now);
  const lost = Object.keys(old.properties ?? {}).filter((name) => !(name in (now.properties ?? {})));
  const optional = (old.required ?? []).filter((name) => !lost.includes(name) && !(now.required ?? []).includes(name));
  return [
    ...lostTypes(now, old).map((type) => `${where}: it can now be ${type}`),
    ...lost.map((name) => `${where}: the member ${name} is gone`),
    ...optional.map((name) => `${where}: the member ${name} can now be absent`),
    ...inMembers({ where, old, now }, (change) => inOutput(change, documents)),
  ];
}

function inMembers({ where, old, now }: Change<Schema>, inSchema: (change: Change<Schema>) => string[]): string[] {
  const pairs = Object.entries(old.properties ?? {}).map(([name, schema]) => ({
    where: `${where} .${name}`,
    old: schema,
    now: now.properties?.[name],
  }));
  return [...pairs, { where: `${where} []`, old: old.items, now: now.items }].flatMap((pair) =>
    pair.old === undefined || pair.now === undefined
      ? []
      : inSchema({ where: pair.where, old: pair.old, now: pair.now }),
  );
}

/** The types that the first schema has and the second has not; an integer is a number. */
function lostTypes(first: Schema, second: Schema): string[] {
  const others = typesOf(second);
  if (others.length === 0) return [];
  const types = typesOf(first);
  if (types.length === 0) return ['anything'];
  return types.filter((type) => !others.includes(type) && !(type === 'integer' && others.includes('number')));
}

function typesOf({ type = [] }: Schema): string[] {
  return [type].flat();
}

function lostValues(old: Schema, now: Schema): string[] {
  if (now.enum === undefined) return [];
  if (old.enum === undefined) return [`other than ${now.enum.join(', ')}`];
  return old.enum.filter((value) => now.enum?.includes(value) === false).map(String);
}

function tightened(old: Schema, now: Schema): string[] {
  const upper = (['maxLength', 'maximum', 'maxItems'] as const).filter(
    (limit) => (now[limit] ?? Infinity) < (old[limit] ?? Infinity),
  );
  const lower = (['minLength', 'minimum'] as const).filter(
    (limit) => (now[limit] ?? -Infinity) > (old[limit] ?? (limit === 'minLength' ? 0 : -Infinity)),
  );
  return [...upper, ...lower].map((limit) => `${limit} is now ${now[limit] ?? ''}`);
}

/** The schema itself, wherever it is written: behind a reference, in an allOf, or beside null. */
function resolved(schema: Schema, document: ApiDocument): Schema {
  const { $ref, allOf, anyOf, ...own } = schema;
  const named = $ref === undefined ? [] : [document.components?.schemas?.[nameOf($ref)] ?? {}];
  const alternatives = (anyOf ?? []).map((part) => resolved(part, document));
  const parts = [...named, ...(allOf ?? [])].map((part) => resolved(part, document));
  const types = alternatives.flatMap(typesOf);
  return Object.assign({}, ...parts, ...alternatives, types.length === 0 ? {} : { type: types }, own) as Schema;
}

function responseOf(response: Response, document: ApiDocument): Response {
  return response.$ref === undefined ? response : (document.components?.responses?.[nameOf(response.$ref)] ?? {});
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
