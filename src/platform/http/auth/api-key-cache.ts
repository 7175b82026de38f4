import { Inject, Injectable } from '@nestjs/common';
import { AccessInvalidationBus } from '../../cache-invalidation/access-invalidation-bus.ts';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { isMfaMissing } from '../../config/variables/credentials.ts';
import type { CachedAccess } from './access-cache.ts';
import { AccessCache } from './access-cache.ts';
import { ActiveApiKeysRepository } from './active-api-keys.repository.ts';
import type { Permission } from './permissions.ts';
import { permissionsOf } from './permissions.ts';

/** The owner of an active API key, with those of its scopes that are current permissions of the owner. */
interface ApiKeyPrincipal extends CachedAccess {
  readonly apiKeyId: string;
  readonly permissions: readonly Permission[];
  /** Whether a role of the owner requires a second factor, and there is none. */
  readonly mfaMissing: boolean;
}

/** Caches active API keys by their digest; a change of a key invalidates all keys and sessions of its owner. */
@Injectable()
export class ApiKeyCache extends AccessCache<ApiKeyPrincipal> {
  constructor(
    private readonly repository: ActiveApiKeysRepository,
    invalidations: AccessInvalidationBus,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {
    super(invalidations);
  }

  protected override async read(digest: string): Promise<ApiKeyPrincipal | undefined> {
    const found = await this.repository.findActive(digest);
    if (found === undefined) return undefined;
    const { apiKeyId, userId, endsAt, roles, scopes } = found;
    const mfaMissing = isMfaMissing(this.config, found);
    const permissions = permissionsOf(roles).filter((permission) => scopes.includes(permission));
    return { apiKeyId, userId, endsAt, permissions, mfaMissing };
  }
}
