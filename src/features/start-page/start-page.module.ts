import { Module } from '@nestjs/common';
import { HealthModule } from '../health/index.ts';
import { StartPageController } from './start-page.controller.ts';

/** The page at `/`. */
@Module({ imports: [HealthModule], controllers: [StartPageController] })
export class StartPageModule {}
