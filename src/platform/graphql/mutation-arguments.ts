import { StringField, UuidField } from '../validation/fields.ts';
import { IgnoresUnknownMembers } from '../validation/validate-input.ts';
import { declareArguments } from './schema-types.ts';

const idempotencyKey = {
  min: 1,
  max: 257,
  optional: true,
  nullable: true,
  description:
    'Identifies the mutation: a repetition with the same key and arguments is not executed, and `idempotencyReplayed` in ' +
    'the extensions of the response names its field.',
} as const;

/** The arguments of every mutation besides `input`. */
@IgnoresUnknownMembers()
export class KeyedArguments {
  @StringField(idempotencyKey)
  readonly idempotencyKey?: string | null;
}

/** The arguments of a mutation of one resource. */
@IgnoresUnknownMembers()
export class ResourceArguments extends KeyedArguments {
  @UuidField({ description: 'The id of the resource.' })
  readonly id!: string;
}

const ifMatch = {
  min: 1,
  max: 512,
  description: 'The field `etag` of the state to change, or `*` for any current state.',
} as const;

/** The arguments of a mutation of one resource in a version that the caller has read. */
@IgnoresUnknownMembers()
export class VersionedArguments extends ResourceArguments {
  @StringField(ifMatch)
  readonly ifMatch!: string;
}

/** The same for the resource of the caller. */
@IgnoresUnknownMembers()
export class OwnVersionedArguments extends KeyedArguments {
  @StringField(ifMatch)
  readonly ifMatch!: string;
}

for (const type of [KeyedArguments, ResourceArguments, VersionedArguments, OwnVersionedArguments])
  declareArguments(type);
