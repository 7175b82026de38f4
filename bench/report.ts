import { interrupted } from '../prove/interrupted.ts';
import { Stage } from '../prove/stage.ts';

/**
 * Measures on a stage of its own, prints the table and then all that it is made of, and ends the stage and the process,
 * also when it is told to end sooner.
 */
export async function report<Figures>(
  measure: (stage: Stage) => Promise<Figures>,
  markdown: (figures: Figures) => string,
): Promise<never> {
  const stage = await Stage.open({ logs: false });
  try {
    const figures = await Promise.race([measure(stage), interrupted()]);
    console.log(markdown(figures));
    console.log(JSON.stringify(figures, undefined, 2));
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await stage.close();
  }
  process.exit();
}
