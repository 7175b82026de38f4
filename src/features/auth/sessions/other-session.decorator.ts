import { RequireRecentAuthentication } from '../../../platform/http/auth/access.decorators.ts';
import { isObject } from '../../../platform/validation/objects.ts';

/** Revoking the session `id` requires a recent authentication unless it is the one of the request. */
export const RequireRecentAuthenticationForOtherSession = (): MethodDecorator =>
  RequireRecentAuthentication({
    when: ({ params, user }) =>
      !isObject(params) || !('id' in params) || String(params.id).toLowerCase() !== user?.sessionId,
    description: 'Requires a recent authentication unless the session is the one of the request.',
  });
