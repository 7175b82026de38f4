import fs from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The serious and critical accessibility violations of a page (axe, rules of WCAG 2.2 AA and best practices), one line for
 * each: `impact rule: elements`. DevTools evaluates the program, which no Content-Security-Policy hinders.
 */
export async function axeViolations(page: Page): Promise<string[]> {
  const devTools = await page.context().newCDPSession(page);
  const evaluate = async (expression: string): Promise<unknown> => {
    const { result, exceptionDetails } = await devTools.send('Runtime.evaluate', {
      expression,
      ...{ awaitPromise: true, returnByValue: true },
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(`window.axe === undefined && (() => { ${source}\n })()`);
  const results = (await evaluate('axe.run(document, { resultTypes: ["violations"] })')) as AxeResults;
  await devTools.detach();
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => `${impact ?? ''} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
