import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { Controller, Get, Module } from '@nestjs/common';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { parseConfig } from '../../config/config.ts';
import { ConfigModule } from '../../config/config.module.ts';
import { Feature } from '../../feature/feature.ts';
import { FeatureModule } from '../../feature/feature-registry.ts';
import { RequirePermissions } from './access.decorators.ts';
import { AccessPolicyLoader } from './access-policy-loader.ts';
import { permissionsOf } from './permissions.ts';

@Controller('notes')
class NotesController {
  @Get()
  @RequirePermissions('notes:read')
  list(): object {
    return {};
  }
}

@Module({ controllers: [NotesController] })
class UndeclaredModule {}

@Module({
  imports: [
    Feature.declare({ tag: { name: 'notes', description: 'Notes' }, permissions: { 'notes:read': ['user', 'admin'] } }),
  ],
  controllers: [NotesController],
})
class NotesModule {}

@Module({ imports: [Feature.declare({ tag: { name: 'notes', description: 'Other notes' } })] })
class DuplicateModule {}

@Module({ imports: [Feature.declare({ permissions: { notes: ['user'] } })] })
class MisnamedModule {}

async function start(features: Type[], environment: Record<string, string> = {}): Promise<void> {
  @Module({
    imports: [ConfigModule.forRoot(parseConfig(environment)), FeatureModule, DiscoveryModule, ...features],
    providers: [AccessPolicyLoader],
  })
  class TestModule {}
  const context = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  await context.close();
}

describe('AccessPolicyLoader', () => {
  it('applies the declared permissions', async () => {
    await start([NotesModule]);

    expect(permissionsOf(['user'])).toEqual(['notes:read']);
  });

  it('applies AUTH_ROLES', async () => {
    await start([NotesModule], { AUTH_ROLES: '{"user":[],"reader":["notes:read"]}' });

    expect(permissionsOf(['user'])).toEqual([]);
    expect(permissionsOf(['reader'])).toEqual(['notes:read']);
  });

  it('rejects a route that requires an undeclared permission', async () => {
    await expect(start([UndeclaredModule])).rejects.toThrow(
      'NotesController.list requires notes:read, which no feature declares',
    );
  });

  it('rejects AUTH_ROLES with an undeclared permission', async () => {
    await expect(start([NotesModule], { AUTH_ROLES: '{"user":["notes:burn"]}' })).rejects.toThrow(
      'AUTH_ROLES: user lists notes:burn, which no feature declares',
    );
  });

  it('rejects AUTH_MFA_REQUIRED_ROLES with an unknown role', async () => {
    await start([NotesModule], { AUTH_MFA_REQUIRED_ROLES: 'admin, reader', AUTH_ROLES: '{"reader":[]}' });

    await expect(start([NotesModule], { AUTH_MFA_REQUIRED_ROLES: 'admin,reader' })).rejects.toThrow(
      'AUTH_MFA_REQUIRED_ROLES: reader is not a role',
    );
  });

  it('rejects contradictory and invalid declarations', async () => {
    await expect(start([NotesModule, DuplicateModule])).rejects.toThrow('Two features declare notes');
    await expect(start([MisnamedModule])).rejects.toThrow('The permission notes must match');
  });
});
