import { Inject, Injectable } from '@nestjs/common';
import { Transactional } from '@nestjs-cls/transactional';
import { v7 as uuidv7 } from 'uuid';
import { AccessInvalidationBus } from '../../../platform/cache-invalidation/access-invalidation-bus.ts';
import { apiKeyDigest, newApiKey } from '../../../platform/crypto/api-key-format.ts';
import { configToken } from '../../../platform/config/config.module.ts';
import type { AuthConfig, ServiceConfig } from '../../../platform/config/config.ts';
import type { KeysetRequest, Slice } from '../../../platform/database/keyset.ts';
import type { Total } from '../../../platform/database/totals.ts';
import { AuditService } from '../../audit/index.ts';
import { MailService } from '../../mail/index.ts';
import { UserEmailsService, UsersService } from '../../users/index.ts';
import { SessionEnded, SessionRevocationService } from '../sessions/index.ts';
import {
  ApiKeyExpiryInvalid,
  ApiKeyNotFound,
  ApiKeyNotRotatable,
  ApiKeyScopeNotHeld,
  TooManyApiKeys,
} from './api-keys.errors.ts';
import type { IssuedApiKey, ListedApiKey, StoredApiKey } from './api-keys.repository.ts';
import { ApiKeysRepository } from './api-keys.repository.ts';

export type { IssuedApiKey, ListedApiKey, StoredApiKey };

const dayMs = 86_400_000;
const defaultLifetimeDays = 90;
const maxLifetimeDays = 365;

/** The user who manages keys, in a session. */
interface KeyOwner {
  readonly userId: string;
  readonly sessionId: string;
  readonly permissions: readonly string[];
}

/** A key to create; `expiresAt` is RFC 3339. */
interface ApiKeyRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt?: string | null;
}

interface Rotation {
  /** For how long the former key remains valid, 0 to 24. */
  readonly overlapHours: number;
  readonly expiresAt?: string | null;
}

/** Creates, lists, rotates and revokes the API keys of a user. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly users: UsersService,
    private readonly emails: UserEmailsService,
    private readonly sessions: SessionRevocationService,
    private readonly invalidations: AccessInvalidationBus,
    private readonly audit: AuditService,
    private readonly mail: MailService,
    @Inject(configToken('service')) private readonly config: ServiceConfig,
    @Inject(configToken('auth')) private readonly auth: AuthConfig,
  ) {}

  async list(userId: string, request: KeysetRequest): Promise<Slice<ListedApiKey>> {
    return await this.keys.list(userId, request);
  }

  async count(userId: string): Promise<Total> {
    return await this.keys.count(userId);
  }

  /**
   * The keys of a user, for an administrator.
   * @throws UserNotFound
   */
  async listOf(userId: string, request: KeysetRequest): Promise<Slice<ListedApiKey>> {
    await this.users.get(userId);
    return await this.keys.list(userId, request);
  }

  /**
   * Creates a key whose scopes are permissions of the caller, who is notified by email.
   * @throws ApiKeyScopeNotHeld after the failure was recorded; ApiKeyExpiryInvalid, TooManyApiKeys, SessionEnded
   */
  @Transactional()
  async create(caller: KeyOwner, { name, scopes, expiresAt }: ApiKeyRequest): Promise<IssuedApiKey> {
    const missing = scopes.filter((scope) => !caller.permissions.includes(scope));
    if (missing.length > 0) {
      const details = { subjectId: caller.userId, reason: 'API key scope not held' };
      await this.audit.recordFailureAfterTransaction('authz_fail', details);
      throw new ApiKeyScopeNotHeld({ detail: `You do not hold ${missing.join(', ')}.` });
    }
    const expiry = expiryOf(expiresAt);
    const email = await this.lockCaller(caller);
    const issued = await this.issue(caller.userId, { name, scopes, expiresAt: expiry });
    await this.record('api_key_created', caller.userId, issued.prefix);
    await this.mail.notify('api-key-created', email);
    return issued;
  }

  /**
   * Replaces a key by one with the same name and scopes. The former key remains valid for the overlap.
   * @throws ApiKeyNotFound, ApiKeyNotRotatable, ApiKeyExpiryInvalid, SessionEnded; TooManyApiKeys when too many
   *   replaced keys are still valid
   */
  @Transactional()
  async rotate(caller: KeyOwner, id: string, { overlapHours, expiresAt }: Rotation): Promise<IssuedApiKey> {
    const expiry = expiryOf(expiresAt);
    await this.lockCaller(caller);
    const former = await this.keys.rotate(caller.userId, id, overlapHours);
    if (former === undefined) {
      if (await this.keys.exists(caller.userId, id)) throw new ApiKeyNotRotatable();
      throw new ApiKeyNotFound();
    }
    this.invalidations.publish({ userId: caller.userId });
    const { name, scopes } = former;
    const issued = await this.issue(caller.userId, { name, scopes, expiresAt: expiry });
    await this.record('api_key_rotated', caller.userId, `${former.prefix} by ${issued.prefix}`);
    return issued;
  }

  /**
   * Revokes a key of a user on every instance within a second. The caller is the user or an administrator.
   * @throws ApiKeyNotFound
   */
  @Transactional()
  async revoke(userId: string, id: string): Promise<void> {
    const prefix = await this.keys.revoke(userId, id);
    if (prefix === undefined) throw new ApiKeyNotFound();
    this.invalidations.publish({ userId });
    await this.record('api_key_revoked', userId, prefix);
  }

  /**
   * Locks the caller, as before every change of what belongs to a user, and returns the email address. A session that
   * ended after it was authenticated must not create credentials that outlive it.
   * @throws SessionEnded, also when the user was disabled during the request
   */
  private async lockCaller({ userId, sessionId }: KeyOwner): Promise<string> {
    const email = await this.emails.emailOf(userId);
    if (email === undefined) throw new SessionEnded();
    await this.sessions.assertActive(userId, sessionId);
    return email;
  }

  private async issue(
    userId: string,
    attributes: Pick<IssuedApiKey, 'name' | 'scopes' | 'expiresAt'>,
  ): Promise<IssuedApiKey> {
    const { key, prefix } = newApiKey(this.config.environment);
    const row = { ...attributes, id: uuidv7(), userId, prefix, digest: apiKeyDigest(key) };
    const stored = await this.keys.insert(row, this.auth.apiKeysMax);
    if (stored === undefined) throw new TooManyApiKeys();
    return { ...stored, key };
  }

  private async record(event: string, userId: string, reason: string): Promise<void> {
    await this.audit.record(event, { subjectId: userId, reason });
  }
}

/** @throws ApiKeyExpiryInvalid */
function expiryOf(requested: string | null | undefined): Date {
  const now = Date.now();
  if (requested === undefined || requested === null) return new Date(now + defaultLifetimeDays * dayMs);
  const expiry = new Date(requested);
  if (expiry.getTime() <= now) throw new ApiKeyExpiryInvalid('must be in the future');
  if (expiry.getTime() > now + maxLifetimeDays * dayMs)
    throw new ApiKeyExpiryInvalid(`must be at most ${maxLifetimeDays} days ahead`);
  return expiry;
}
