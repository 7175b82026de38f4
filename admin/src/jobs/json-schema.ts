/** The parts of JSON Schema (2020-12) that the schemas of job types use. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** What kind of input a value has. */
export type ValueKind = 'enum' | 'time' | 'date' | 'text' | 'number' | 'boolean' | 'list' | 'object' | 'json';

export function kindOf(schema: JsonSchema): ValueKind {
  if (schema.enum !== undefined) return 'enum';
  const type = [schema.type].flat().find((each) => each !== 'null') ?? 'any';
  switch (type) {
    case 'string':
      if (schema.format === 'date-time') return 'time';
      return schema.format === 'date' ? 'date' : 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
      return schema.items === undefined ? 'json' : 'list';
    case 'object':
      return schema.properties === undefined ? 'json' : 'object';
    default:
      return 'json';
  }
}

/** The content of a form as the schema describes it: inputs that are empty are absent members. */
export function toContent(schema: JsonSchema, value: unknown): unknown {
  if (kindOf(schema) === 'list' && Array.isArray(value)) {
    const { items = {} } = schema;
    const entries = value.map((entry) => toContent(items, entry)).filter((entry) => !isEmpty(entry));
    return entries.length === 0 ? undefined : entries;
  }
  if (kindOf(schema) !== 'object') return isEmpty(value) ? undefined : value;
  const members = Object.entries(schema.properties ?? {})
    .map(([name, member]) => [name, toContent(member, memberOf(value, name))])
    .filter(([, content]) => content !== undefined);
  return Object.fromEntries(members);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
