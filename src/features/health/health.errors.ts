import { Problem } from '../../platform/http/problem/problem.ts';
import { problemKind } from '../../platform/http/problem/problem-kind.ts';

/** The process must not receive requests now. */
export class NotReady extends Problem {
  static override readonly kind = problemKind({
    slug: 'not-ready',
    status: 503,
    title: 'Not ready',
    description: 'The instance is not ready; see `checks`. It may be shutting down.',
    resolution: 'Send requests to another instance, or wait.',
    members: {
      properties: { checks: { $ref: '#/components/schemas/ChecksDto' } },
      example: { checks: { database: 'down' } },
    },
  });
}
