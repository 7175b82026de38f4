export { StartPageModule } from './start-page.module.ts';
