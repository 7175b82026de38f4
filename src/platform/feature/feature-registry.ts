import { Global, Injectable, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { permissionName } from '../config/variables/values.ts';
import type { EncryptedColumn, FeatureDeclaration, RetentionRule } from './feature.ts';
import { declaredFeatures } from './feature.ts';

type Tag = NonNullable<FeatureDeclaration['tag']>;

const auditEventPattern = /^[a-z][a-z0-9_]{0,47}$/;

/** Everything that the features of an application declare, collected once at startup. */
@Injectable()
export class FeatureRegistry {
  /** In the order of the document. */
  readonly tags: readonly Tag[];
  /** The built-in roles that hold each permission. */
  readonly permissions: ReadonlyMap<string, readonly string[]>;
  /** `owner`, `any` or a permission, by operationId. */
  readonly resourceAccess: ReadonlyMap<string, string>;
  readonly auditEvents: ReadonlySet<string>;
  readonly retention: readonly RetentionRule[];
  readonly encryptedColumns: readonly EncryptedColumn[];
  /** The statement of each list in the export of an account, by name. */
  readonly accountExport: ReadonlyMap<string, string>;

  /** @throws Error when two declarations contradict each other, or a name is invalid */
  constructor(modules: ModulesContainer) {
    const features = declaredFeatures(modules);
    this.tags = features.flatMap(({ tag }) => tag ?? []).sort(byOrderAndName);
    this.permissions = permissionsIn(features);
    this.resourceAccess = new Map(features.flatMap(({ resourceAccess = {} }) => Object.entries(resourceAccess)));
    this.auditEvents = new Set(features.flatMap(({ auditEvents = [] }) => auditEvents));
    this.retention = features.flatMap(({ retention = [] }) => retention);
    this.encryptedColumns = features.flatMap(({ encryptedColumns = [] }) => encryptedColumns);
    const lists = features.flatMap(({ accountExport = {} }) => Object.entries(accountExport));
    assertUnique(lists.map(([name]) => name));
    this.accountExport = new Map(lists);
    assertUnique(this.tags.map(({ name }) => name));
    const invalid = [...this.auditEvents].find((event) => !auditEventPattern.test(event));
    if (invalid !== undefined) throw new Error(`The audit event ${invalid} must match ${String(auditEventPattern)}`);
  }
}

/** Makes the declarations of all features available. */
@Global()
@Module({ providers: [FeatureRegistry], exports: [FeatureRegistry] })
export class FeatureModule {}

function byOrderAndName(one: Tag, other: Tag): number {
  const [first, second] = [one.order ?? Number.MAX_SAFE_INTEGER, other.order ?? Number.MAX_SAFE_INTEGER];
  return first - second || one.name.localeCompare(other.name, 'en');
}

function permissionsIn(features: readonly FeatureDeclaration[]): ReadonlyMap<string, readonly string[]> {
  const declared = features
    .flatMap(({ permissions = {} }) => Object.entries(permissions))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  assertUnique(declared.map(([name]) => name));
  const invalid = declared.find(([name]) => !permissionName.test(name));
  if (invalid) throw new Error(`The permission ${invalid[0]} must match ${String(permissionName)}`);
  return new Map(declared);
}

function assertUnique(names: readonly string[]): void {
  const duplicate = names.find((name, at) => names.indexOf(name) !== at);
  if (duplicate !== undefined) throw new Error(`Two features declare ${duplicate}`);
}
