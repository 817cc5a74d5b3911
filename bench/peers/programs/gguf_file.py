"""Writes the chain as a GGUF file: `python -m bench.peers.programs.gguf_file FILE [LAYERS]`. Needs `gguf`."""

import sys

import gguf
import numpy as np

from bench.peers.programs import chain


def write(path: str, layers: int = chain.LAYERS) -> None:
    """Write the model; more layers only make it larger."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("chain")
    writer.add_context_length(chain.CONTEXT)
    writer.add_embedding_length(chain.WIDTH)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(chain.FEED_FORWARD)
    writer.add_head_count(chain.HEADS)
    writer.add_head_count_kv(chain.HEADS)
    writer.add_rope_dimension_count(chain.WIDTH // chain.HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    words = chain.words()
    kinds = gguf.TokenType
    special = [chain.UNKNOWN, chain.BEGIN, chain.END]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(
        [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *(word.replace(" ", "▁") for word in words)]
    )
    writer.add_token_scores([0.0] * chain.size())
    # Questions are found in any text before it is cut into bytes; what is said need not be.
    questions, said = [kinds.USER_DEFINED] * len(chain.ANSWERS), [kinds.NORMAL] * (len(words) - len(chain.ANSWERS))
    writer.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL, *[kinds.BYTE] * 256, *questions, *said])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(chain.TEMPLATE)

    width, inner = chain.WIDTH, chain.FEED_FORWARD
    embeddings, output = weights()
    writer.add_tensor("token_embd.weight", embeddings)
    writer.add_tensor("output_norm.weight", np.ones(width, np.float32))
    writer.add_tensor("output.weight", output)
    for layer in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.zeros((width, width), np.float32))
        for name, shape in (("ffn_gate", (inner, width)), ("ffn_up", (inner, width)), ("ffn_down", (width, inner))):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.zeros(shape, np.float32))
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(width, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weights() -> "tuple[np.ndarray, np.ndarray]":
    """Return embeddings and output rows: signs at random, nearly at right angles."""
    embeddings = np.random.default_rng(7).choice([-1.0, 1.0], (chain.size(), chain.WIDTH)).astype(np.float32)
    output = np.zeros_like(embeddings)
    for token, successor in chain.successors():
        output[successor] += embeddings[token]
    return embeddings, output


if __name__ == "__main__":
    write(sys.argv[1], *map(int, sys.argv[2:]))
