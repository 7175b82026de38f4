import { ArrayMaxSize, ArrayUnique, IsArray, ValidateBy } from 'class-validator';
import type { FieldOptions } from '../../validation/field.ts';
import { field } from '../../validation/field.ts';
import { builtInRoles, roles } from './permissions.ts';

/** The schema of roles in the OpenAPI document, which lists the configured roles instead of the built-in ones. */
export const roleSchema = 'Role';

/** The schema of permissions in the OpenAPI document, which lists those that features declare. */
export const permissionSchema = 'Permission';

const maxRoles = 16;
const maxPermissions = 64;

/** One of the roles that are configured. */
export function RoleField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'string' },
    document: { enum: [...builtInRoles], enumName: roleSchema },
    validators: [isRole(false, () => `must be one of ${roles().join(', ')}`)],
  });
}

/** A list of configured roles without duplicates. */
export function RoleArrayField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'array', items: { type: 'string' }, maxItems: maxRoles, uniqueItems: true },
    document: { enum: [...builtInRoles], enumName: roleSchema, isArray: true, maxItems: maxRoles, uniqueItems: true },
    validators: [
      IsArray({ message: 'must be a list' }),
      ArrayMaxSize(maxRoles, { message: `must have at most ${maxRoles} entries` }),
      ArrayUnique({ message: 'must not repeat an entry' }),
      isRole(true, () => `must hold only ${roles().join(', ')}`),
    ],
  });
}

/** A list of declared permissions, in responses. */
export function PermissionArrayField(options: FieldOptions): PropertyDecorator {
  return field(options, {
    schema: { type: 'array', items: { type: 'string' }, maxItems: maxPermissions, uniqueItems: true },
    document: {
      enum: ['none'],
      enumName: permissionSchema,
      isArray: true,
      maxItems: maxPermissions,
      uniqueItems: true,
    },
    validators: [IsArray()],
  });
}

/** Like IsIn, with the roles of the time of the validation: decorators run before the configuration is read. */
function isRole(each: boolean, message: () => string): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isIn',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && roles().includes(value),
        defaultMessage: message,
      },
    },
    { each },
  );
}
