import type { Type } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

/** A schema of the document, with the keywords that additions read and write. */
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

/** The named schemas of the document; additions modify them. */
export type MemberSchemas = Record<string, MemberSchema>;

/** What a feature adds to the document beyond the decorators of its controllers. */
export interface DocumentAddition {
  /** Classes whose schemas the document needs and no operation references. */
  readonly models: readonly Type[];
  /** Modifies the document that Swagger created, before it is enriched. */
  readonly complete: (document: OpenAPIObject, schemas: MemberSchemas) => void;
}
