import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';

/** The process must not be sent requests now. */
export class NotReady extends Problem {
  static override readonly kind = problemKind({
    slug: 'not-ready',
    status: 503,
    title: 'Not ready',
    meaning: 'The process can not serve requests now: `checks` says what is down. It may be on its way out.',
    remedy: 'Send requests to another instance, or wait.',
    members: {
      properties: { checks: { $ref: '#/components/schemas/ChecksDto' } },
      example: { checks: { database: 'down' } },
    },
  });
}
