import type { INestApplicationContext } from '@nestjs/common';
import { RecoveryCodesService } from './features/auth/mfa/index.ts';
import { SigningKeysService } from './features/auth/signing-keys/signing-keys.service.ts';
import type { Config } from './platform/config/config.ts';
import { verifyEvictionPolicy } from './platform/redis/eviction-policy.ts';
import { SharedRedis } from './platform/redis/shared-redis.ts';

/**
 * Checks, before the process serves, what would fail later in ways that are hard to understand.
 * @throws StartupError
 */
export async function verifyApplication(app: INestApplicationContext, { service }: Config): Promise<void> {
  const { connection } = app.get(SharedRedis);
  if (connection !== undefined) await verifyEvictionPolicy(connection, service);
  await Promise.all([app.get(SigningKeysService).verifySecret(), app.get(RecoveryCodesService).prepareKey()]);
}
