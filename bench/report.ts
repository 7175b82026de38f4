import type { Stage } from '../prove/stage.ts';

/** Measures on this stage, prints the table and then all that it is made of, and ends the stage and the process. */
export async function report<Figures>(
  stage: Stage,
  measure: () => Promise<Figures>,
  markdown: (figures: Figures) => string,
): Promise<never> {
  try {
    const figures = await measure();
    console.log(markdown(figures));
    console.log(JSON.stringify(figures, undefined, 2));
  } finally {
    await stage.close();
  }
  process.exit();
}
