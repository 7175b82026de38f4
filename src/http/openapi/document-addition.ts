import type { Type } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

/** A schema of the document, as far as additions read and write it. */
export interface MemberSchema {
  readonly description?: string;
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly object[];
  readonly oneOf?: readonly object[];
  readonly discriminator?: object;
  readonly example?: unknown;
}

/** The named schemas of the document; additions change them. */
export type MemberSchemas = Record<string, MemberSchema>;

/** What a feature says of itself in the document that the decorators of its controllers can't say. */
export interface DocumentAddition {
  /** Classes that no operation names, whose schemas the document needs. */
  readonly models: readonly Type[];
  /** Changes the document as the decorators made it, before it is completed. */
  readonly complete: (document: OpenAPIObject, schemas: MemberSchemas) => void;
}
