import { Global, Module } from '@nestjs/common';
import { Pages } from './pages.ts';

/** Cursor in, page out. */
@Global()
@Module({ providers: [Pages], exports: [Pages] })
export class PaginationModule {}
