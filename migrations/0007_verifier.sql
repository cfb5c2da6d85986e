-- What a program says of answers to instructions with constraints, and what votes said where that counted more.

ALTER TABLE spar.answers ADD verifier jsonb;
ALTER TABLE spar.nodes ADD verifier jsonb;
ALTER TABLE spar.pairs ADD chosen_verifier jsonb, ADD rejected_verifier jsonb;
ALTER TABLE spar.judgements ADD voted_label text, ADD voted_value double precision;
