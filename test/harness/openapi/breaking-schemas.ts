import type { Named, Schema } from './resolved-schemas.ts';
import { resolved, typesOf, variantsOf } from './resolved-schemas.ts';

/** A part of the document before and after, and its place. */
export interface Change<T> {
  readonly where: string;
  readonly old: T;
  readonly now: T;
}

/** The documents that references lead into. */
export interface Documents<Document extends Named = Named> {
  readonly old: Document;
  readonly now: Document;
}

/** Requests: every value that the old schema accepts must stay accepted. */
export function inInput({ where, ...schemas }: Change<Schema>, documents: Documents): string[] {
  const variants = variantsIn({ where, ...schemas }, documents);
  if (variants !== undefined) {
    return [
      ...variants.lost.map((value) => `${where}: the value ${value} is no longer accepted`),
      ...variants.kept.flatMap((change) => inInput(change, documents)),
    ];
  }
  const old = resolved(schemas.old, documents.old);
  const now = resolved(schemas.now, documents.now);
  const members = now.properties ?? {};
  const known = old.properties ?? {};
  const newlyRequired = (now.required ?? []).filter((name) => !(old.required ?? []).includes(name));
  return [
    ...lostTypes(old, now).map((type) => `${where}: ${type} is no longer accepted`),
    ...lostValues(old, now).map((value) => `${where}: the value ${value} is no longer accepted`),
    ...tightened(old, now).map((limit) => `${where}: ${limit}`),
    ...Object.keys(known)
      .filter((name) => !(name in members))
      .map((name) => `${where}: the member ${name} is no longer accepted`),
    ...newlyRequired.map((name) => `${where}: the member ${name} is now required`),
    ...inMembers({ where, old, now }, (change) => inInput(change, documents)),
  ];
}

/** Responses: every member must stay present, and no value may have another type. */
export function inOutput({ where, ...schemas }: Change<Schema>, documents: Documents): string[] {
  const variants = variantsIn({ where, ...schemas }, documents);
  if (variants !== undefined) return variants.kept.flatMap((change) => inOutput(change, documents));
  const old = resolved(schemas.old, documents.old);
  const now = resolved(schemas.now, documents.now);
  const lost = Object.keys(old.properties ?? {}).filter((name) => !(name in (now.properties ?? {})));
  const optional = (old.required ?? []).filter((name) => !lost.includes(name) && !(now.required ?? []).includes(name));
  return [
    ...lostTypes(now, old).map((type) => `${where}: it can now be ${type}`),
    ...(old.format === now.format ? [] : [`${where}: its format is now ${now.format ?? 'any'}`]),
    ...lost.map((name) => `${where}: the member ${name} is removed`),
    ...optional.map((name) => `${where}: the member ${name} can now be absent`),
    ...inMembers({ where, old, now }, (change) => inOutput(change, documents)),
  ];
}

/** The variants of a union that both schemas have, and those that the new one lacks. */
function variantsIn(
  { where, old, now }: Change<Schema>,
  documents: Documents,
): { lost: string[]; kept: Change<Schema>[] } | undefined {
  const before = variantsOf(old, documents.old);
  const after = variantsOf(now, documents.now);
  if (before === undefined || after === undefined) return undefined;
  return {
    lost: Object.keys(before).filter((value) => !(value in after)),
    kept: Object.entries(before).flatMap(([value, variant]) => {
      const successor = after[value];
      return successor === undefined ? [] : [{ where: `${where} (${value})`, old: variant, now: successor }];
    }),
  };
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

/** The types that the first schema has and the second lacks; an integer is a number. */
function lostTypes(first: Schema, second: Schema): string[] {
  const others = typesOf(second);
  if (others.length === 0) return [];
  const types = typesOf(first);
  if (types.length === 0) return ['anything'];
  return types.filter((type) => !others.includes(type) && !(type === 'integer' && others.includes('number')));
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
  const lower = (['minLength', 'minItems', 'minimum'] as const).filter(
    (limit) => (now[limit] ?? -Infinity) > (old[limit] ?? (limit === 'minimum' ? -Infinity : 0)),
  );
  return [...upper, ...lower].map((limit) => `${limit} is now ${now[limit] ?? ''}`);
}
