import type { OnModuleInit, Type } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { FeatureRegistry } from '../../feature/feature-registry.ts';
import { permissionsKey } from './access.decorators.ts';
import type { Permission } from './permissions.ts';
import { accessPolicy, applyAccessPolicy } from './permissions.ts';

/** Applies the access policy at startup, and refuses to start with a route that requires an undeclared permission. */
@Injectable()
export class AccessPolicyLoader implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly features: FeatureRegistry,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** @throws Error naming the first such route, or what is wrong with AUTH_ROLES */
  onModuleInit(): void {
    const policy = accessPolicy(this.features, this.config.roles);
    for (const { metatype } of this.discovery.getControllers()) {
      if (typeof metatype === 'function') this.assertDeclared(metatype as Type);
    }
    applyAccessPolicy(policy);
  }

  private assertDeclared(controller: Type): void {
    const prototype = controller.prototype as Record<string, object>;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const required = Reflect.getMetadata(permissionsKey, prototype[name] ?? {}) as Permission[] | undefined;
      const undeclared = required?.find((permission) => !this.features.permissions.has(permission));
      if (undeclared === undefined) continue;
      throw new Error(
        `${controller.name}.${name} requires ${undeclared}, which no feature declares: ` +
          'add it to Feature.declare({ permissions }) in a module',
      );
    }
  }
}
