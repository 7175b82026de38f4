import { RequireRecentAuthentication } from '../../platform/http/auth/access.decorators.ts';
import { isObject } from '../../platform/validation/objects.ts';

/** Setting roles requires a recent authentication, other changes do not. */
export const RequireRecentAuthenticationForRoles = (): MethodDecorator =>
  RequireRecentAuthentication({
    when: ({ body }) => isObject(body) && 'roles' in body,
    description: 'Requires a recent authentication if the body has `roles`.',
  });
