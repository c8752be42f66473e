package dev.gufo.template;

/**
 * A string among a template's variables that the server vouches for, for instance a role it has checked against its own
 * list: some templates spell a special token around the role. It may stand wherever a string may.
 *
 * @param text becomes trusted text
 */
public record Trusted(String text) {}
