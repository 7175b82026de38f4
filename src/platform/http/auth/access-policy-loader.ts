import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { StartupError } from '../../config/startup-error.ts';
import { FeatureRegistry } from '../../feature/feature-registry.ts';
import type { ControllerMethod } from '../server/controller-methods.ts';
import { controllerMethods } from '../server/controller-methods.ts';
import { permissionsKey } from './access.decorators.ts';
import type { Permission } from './permissions.ts';
import { accessPolicy, applyAccessPolicy } from './permissions.ts';

/** Applies the access policy at startup, and refuses to start with a route that requires an undeclared permission. */
@Injectable()
export class AccessPolicyLoader implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly features: FeatureRegistry,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** @throws Error naming the first such route, or what is wrong with AUTH_ROLES or AUTH_MFA_REQUIRED_ROLES */
  onModuleInit(): void {
    const policy = accessPolicy(this.features, this.config.roles);
    for (const method of controllerMethods(this.discovery)) this.assertDeclared(method);
    const unknown = this.config.mfaRequiredRoles.find((role) => !policy.roles.includes(role));
    if (unknown !== undefined) throw new StartupError(`AUTH_MFA_REQUIRED_ROLES: ${unknown} is not a role.`);
    applyAccessPolicy(policy);
  }

  private assertDeclared({ controller, name, handler }: ControllerMethod): void {
    const required = Reflect.getMetadata(permissionsKey, handler) as Permission[] | undefined;
    const undeclared = required?.find((permission) => !this.features.permissions.has(permission));
    if (undeclared === undefined) return;
    throw new Error(
      `${controller.name}.${name} requires ${undeclared}, which no feature declares: ` +
        'add it to Feature.declare({ permissions }) in a module',
    );
  }
}
