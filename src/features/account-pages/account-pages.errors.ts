import { Problem } from '../../http/problem/problem.ts';
import { problemKind } from '../../http/problem/problem-kind.ts';

/** Another site's page has sent one of our forms. */
export class CrossSiteForm extends Problem {
  static override readonly kind = problemKind({
    slug: 'cross-site-form',
    status: 403,
    title: 'Form of another site',
    meaning: 'A page of another site has sent this form. Nothing was changed.',
    remedy: 'Open the link of the mail and press the button there.',
  });
}
