export { StatsModule } from './stats.module.ts';
