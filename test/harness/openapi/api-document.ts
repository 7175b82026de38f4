import fs from 'node:fs';
import { dirname, join } from 'node:path';

/** A schema, or any other object of the document. */
export type Json = Readonly<Record<string, unknown>>;

interface Header {
  readonly required?: boolean;
  readonly schema: Json;
}

/** A documented response of an operation. */
export interface DocumentedResponse {
  readonly headers?: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content?: Readonly<Record<string, { readonly schema: Json; readonly examples?: Json }>>;
}

/** A parameter of an operation in the path, the query or a header. */
export interface DocumentedParameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Json;
}

/** An operation of the document. */
export interface DocumentedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly description?: string;
  readonly security: readonly Json[];
  readonly 'x-permissions'?: readonly string[];
  readonly parameters?: readonly DocumentedParameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { readonly schema: Json; readonly example: unknown }>>;
  };
  readonly responses: Readonly<Record<string, DocumentedResponse | { readonly $ref: string }>>;
}

/** What a request sends: JSON, or text of another media type. */
export interface RequestContent {
  readonly mediaType: string;
  readonly schema: Json;
  /** Text unless the media type is JSON. */
  readonly example: unknown;
}

/** The content of a request: JSON if the operation takes it; undefined if it takes none. */
export function requestContentOf({
  requestBody,
}: Pick<DocumentedOperation, 'requestBody'>): RequestContent | undefined {
  const contents = Object.entries(requestBody?.content ?? {});
  const [mediaType, content] = contents.find(([name]) => name === 'application/json') ?? contents[0] ?? [];
  return mediaType === undefined || content === undefined ? undefined : { mediaType, ...content };
}

/** Whether the operation takes JSON, or no content. */
export function takesJson(operation: DocumentedOperation): boolean {
  const { mediaType = 'application/json' } = requestContentOf(operation) ?? {};
  return mediaType === 'application/json';
}

/** An operation as it is written: parameters that several operations share are references. */
type WrittenOperation = Omit<DocumentedOperation, 'parameters'> & {
  readonly parameters?: readonly (DocumentedParameter | { readonly $ref: string })[];
};

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, WrittenOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly responses: Readonly<Record<string, DocumentedResponse>>;
    readonly headers: Readonly<Record<string, Header>>;
    readonly parameters: Readonly<Record<string, DocumentedParameter>>;
  };
}

/** An operation with its method and path. */
export interface PlacedOperation extends DocumentedOperation {
  readonly method: string;
  readonly path: string;
  /** Matches the paths of requests, without their query. */
  readonly pattern: RegExp;
}

const file = join(packageFolder(import.meta.dirname), 'docs/openapi.json');
const document = JSON.parse(fs.readFileSync(file, 'utf8')) as Document;

/** Every schema of the document that has a name. */
export const namedSchemas: Readonly<Record<string, Json>> = document.components.schemas;

/** Every operation of the document, in its order. */
export const operations: readonly PlacedOperation[] = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, { parameters = [], ...operation }]) => ({
    ...operation,
    parameters: parameters.map(parameterOf),
    method: method.toUpperCase(),
    path,
    pattern: patternOf(path),
  })),
);

function parameterOf(written: DocumentedParameter | { readonly $ref: string }): DocumentedParameter {
  if (!('$ref' in written)) return written;
  const parameter = document.components.parameters[nameOf(written.$ref)];
  if (parameter === undefined) throw new Error(`The document has no parameter ${written.$ref}`);
  return parameter;
}

/** Whether the path is one of the document's, whatever the method. */
export function isDocumentedPath(target: string): boolean {
  const path = pathOf(target);
  return operations.some(({ pattern }) => pattern.test(path));
}

/** The operation that this request reaches. */
export function operationAt(method: string, target: string): PlacedOperation | undefined {
  const path = pathOf(target);
  const at = operations.filter((operation) => operation.method === method && operation.pattern.test(path));
  // A literal segment precedes a parameter: /v1/users/me is not the id of a user.
  return at.sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
}

/** The documented response of the operation with this status; undefined when there is none. */
export function responseOf(operation: DocumentedOperation, status: number): DocumentedResponse | undefined {
  const response = operation.responses[status];
  if (response === undefined || !('$ref' in response)) return response;
  return document.components.responses[nameOf(response.$ref)];
}

/** The headers of a response, by lower-case name. */
export function headersOf({ headers = {} }: DocumentedResponse): ReadonlyMap<string, Header> {
  return new Map(
    Object.entries(headers).map(([name, { $ref }]) => {
      const header = document.components.headers[nameOf($ref)];
      if (header === undefined) throw new Error(`The document has no header ${$ref}`);
      return [name.toLowerCase(), header];
    }),
  );
}

function patternOf(template: string): RegExp {
  const source = template.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`);
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? '';
}

/** The nearest folder with a package.json: this file is compiled into dist/faults too. */
function packageFolder(from: string): string {
  return fs.existsSync(join(from, 'package.json')) ? from : packageFolder(dirname(from));
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
