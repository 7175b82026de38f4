import type { DynamicModule, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { DiscoveryService } from '@nestjs/core';

/** What a feature adds to the lists that the whole service shares. */
export interface FeatureDeclaration {
  /** Tag of its operations in the OpenAPI document. Tags with an order precede the others, which follow by name. */
  readonly tag?: { readonly name: string; readonly description: string; readonly order?: number };
  /** The permissions that its routes and jobs require, with the built-in roles that hold each. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  /**
   * Operations on one resource whose access differs from the default, by operationId: `owner` limits them to the owner,
   * `any` does not, and a permission gives access to the resources of other users. The default is `owner`, or `any` for
   * an operation that requires a permission.
   */
  readonly resourceAccess?: Readonly<Record<string, string>>;
  /** Names of the audit events that it records, at most 48 characters, `snake_case`. */
  readonly auditEvents?: readonly string[];
  /**
   * Lists in the export of an account (job `account.export`), by the name of the member: SQL whose `$1` is the id of
   * the user. It returns all rows about this user, none about others, and no secrets; columns become members.
   */
  readonly accountExport?: Readonly<Record<string, string>>;
  /** Rows that the job `retention.cleanup` deletes, in this order. */
  readonly retention?: readonly RetentionRule[];
  /** Columns that are encrypted with Encryptor: `npm run secrets` encrypts them again when APP_SECRET is rotated. */
  readonly encryptedColumns?: readonly EncryptedColumn[];
}

/** A `bytea` column whose values are encrypted under APP_SECRET. NULL and an empty value are not encrypted. */
export interface EncryptedColumn {
  readonly table: string;
  readonly column: string;
  /** The primary key, whose text is the additional data of the encryption. */
  readonly key: string;
  readonly keyType: 'uuid' | 'text';
}

export type RetentionRule = RetentionTable | RetentionStatement | RetentionTask;

/** Deletes the rows of a table that meet a condition. */
export interface RetentionTable {
  readonly table: string;
  /** SQL condition on a row that can be deleted. */
  readonly expired: string;
  /** SQL order of the index that finds these rows. */
  readonly orderBy?: string;
  /** Columns of the primary key; `id` by default. */
  readonly key?: readonly string[];
  /** Rows of another table that are deleted first, in batches of their own, because one row may have many. */
  readonly children?: RetentionChildren;
}

export interface RetentionChildren {
  readonly table: string;
  /** The column that refers to the `id` of the parent. */
  readonly foreignKey: string;
  readonly key?: readonly string[];
}

/** Runs one SQL statement until it affects fewer rows than a batch. `$1` is the number of rows in a batch. */
interface RetentionStatement {
  /** Name of the count in the result of the job. */
  readonly name: string;
  readonly statement: string;
}

/** Runs a provider after all tables, for cleanup that one statement cannot do. */
interface RetentionTask {
  /** Name of the count in the result of the job. */
  readonly name: string;
  readonly task: Type<RetentionTaskRunner>;
}

export interface RetentionTaskRunner {
  /** Deletes at most `limit` rows and returns how many; it is called again while it returns `limit`. */
  deleteExpired(limit: number, signal: AbortSignal): Promise<number>;
}

const declarationToken = Symbol('feature declaration');

@Module({})
class DeclarationModule {}

/** Declares what a feature adds to the service; goes into the `imports` of its module. */
export const Feature = {
  declare(declaration: FeatureDeclaration): DynamicModule {
    return { module: DeclarationModule, providers: [{ provide: declarationToken, useValue: declaration }] };
  },
};

/** The declarations of all modules of an application, which may be a preview. */
export function declaredFeatures(modules: ModulesContainer): FeatureDeclaration[] {
  return new DiscoveryService(modules)
    .getProviders()
    .filter(({ token }) => token === declarationToken)
    .map(({ instance }) => instance as FeatureDeclaration);
}
