package dev.gufo.engine.worker;

/** What travels between the two processes: a {@link Command} to the worker or a {@link Report} from it. */
sealed interface Frame permits Command, Report {}
