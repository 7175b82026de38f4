import type { INestApplication, Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { getSchemaPath } from '@nestjs/swagger';
import type { DocumentAddition, MemberSchema, MemberSchemas } from '../../platform/http/openapi/document-addition.ts';
import { schemaName } from '../../platform/http/openapi/examples.ts';
import type { Variant } from '../../platform/http/openapi/typed-union.ts';
import { minimalExampleOf, makeResponseUnion, makeRequestUnion } from '../../platform/http/openapi/typed-union.ts';
import type { JobDeclaration } from '../../platform/queue/job-handler.ts';
import { internal } from '../../platform/queue/job-handler.ts';
import { declaredTypes } from '../../platform/queue/job-registry.ts';
import { JobEnding } from './job-events.dto.ts';

/**
 * Describes payloads and results by the types of job that the app's modules handle: requests have only the types that
 * clients may create, responses have all of them.
 */
export function jobTypesIn(app: INestApplication): DocumentAddition {
  const types = declaredTypes(app.get(ModulesContainer)).sort(byAvailability);
  const offered = types.filter(({ permission }) => permission !== internal);
  const models = [...new Set(types.flatMap(({ payload, result }) => [payload, result]))];
  assertNames(models);
  return {
    models,
    complete: (_, schemas) => {
      for (const { payload } of types) showLeast(payload, schemas);
      describeRequests(offered, schemas);
      describeResponses(types, schemas);
    },
  };
}

function describeRequests(types: readonly JobDeclaration[], schemas: MemberSchemas): void {
  // A union needs at least one type.
  if (types.length === 0) return;
  for (const [schema, name] of [
    ['CreateJobDto', (type: string) => `Create${type}Job`],
    ['CreateScheduleDto', (type: string) => `Create${type}Schedule`],
  ] as const) {
    const variants = types.map((type) => variantOf(type, name, { payload: reference(type.payload) }));
    makeRequestUnion(schemas, { schema, discriminator: 'type', variants });
  }
  const payloads = types.map(({ payload }) => reference(payload));
  describeMember(schemas, ['UpdateScheduleDto', 'payload'], payloads);
}

function describeResponses(types: readonly JobDeclaration[], schemas: MemberSchemas): void {
  const { description } = (schemas['JobDto']?.properties?.['result'] ?? {}) as MemberSchema;
  const jobs = types.map((type) => {
    const result = { description, anyOf: [reference(type.result), { type: 'null' }] };
    return variantOf(type, (name) => `${name}Job`, { result });
  });
  const schedules = types.map((type) =>
    variantOf(type, (name) => `${name}Schedule`, { payload: reference(type.payload) }),
  );
  makeResponseUnion(schemas, { schema: 'JobDto', discriminator: 'type', variants: jobs });
  makeResponseUnion(schemas, { schema: 'ScheduleDto', discriminator: 'type', variants: schedules });
  const results = types.map(({ result }) => reference(result));
  describeMember(schemas, [JobEnding.name, 'result'], results);
}

function variantOf(
  { type, description }: JobDeclaration,
  nameOf: (type: string) => string,
  members: Variant['members'],
): Variant {
  return { value: type, name: nameOf(pascalCase(type)), description, members };
}

/** Gives a member a union as its schema; keeps its description. */
function describeMember(
  schemas: MemberSchemas,
  [name, member]: readonly [name: string, member: string],
  anyOf: readonly object[],
): void {
  const schema = schemas[name];
  if (schema === undefined) return;
  const { description } = (schema.properties?.[member] ?? {}) as MemberSchema;
  const described = { description, ...(anyOf.length === 1 ? { allOf: anyOf } : { anyOf }) };
  schemas[name] = { ...schema, properties: { ...schema.properties, [member]: described } };
}

/** Shows no more than a payload must have: all its filters together would leave nothing to work on. */
function showLeast(payload: Type<object>, schemas: MemberSchemas): void {
  const name = schemaName(getSchemaPath(payload));
  const schema = schemas[name];
  if (schema !== undefined) schemas[name] = { ...schema, example: minimalExampleOf(schema, schemas) };
}

function reference(model: Type<object>): { $ref: string } {
  return { $ref: getSchemaPath(model) };
}

/** Types that clients may create come first: generated examples use the first one. */
function byAvailability(a: JobDeclaration, b: JobDeclaration): number {
  const rank = ({ permission }: JobDeclaration): number => (permission === internal ? 1 : 0);
  return rank(a) - rank(b) || (a.type < b.type ? -1 : 1);
}

/** The document names schemas by their class alone. */
function assertNames(models: readonly Type<object>[]): void {
  const names = models.map((model) => getSchemaPath(model));
  const duplicate = names.find((name, at) => names.indexOf(name) !== at);
  if (duplicate !== undefined)
    throw new Error(`Payloads and results of jobs need unique class names: ${duplicate} exists twice`);
}

/** `UsersExport` for `users.export`. */
function pascalCase(type: string): string {
  return type.replaceAll(/(?:^|[^a-z0-9])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
