-- Which machine a training run belongs to, what its adapter is, and which messages of an example are not learnt.

ALTER TABLE spar.training_runs
    ADD COLUMN machine text,
    ADD COLUMN folder_id text,
    ADD COLUMN adapter_sha256 text,
    ADD COLUMN adapter_bytes bigint;

-- Examples of before have no weights. What stands before the critique of a judgement, or before the critique and the request of a
-- mending, is the judge's prompt: an assistant's message in it is the answer under judgement.
UPDATE spar.refiner_examples e SET messages = (
    SELECT jsonb_agg(
        CASE WHEN m ->> 'role' = 'assistant' AND n <= jsonb_array_length(e.messages) - CASE e.kind WHEN 'refine' THEN 3 ELSE 1 END
            THEN m || '{"weight": 0}' ELSE m END ORDER BY n)
    FROM jsonb_array_elements(e.messages) WITH ORDINALITY AS all_of_it (m, n))
WHERE jsonb_path_exists(e.messages, '$[0 to last] ? (@.role == "assistant")');
