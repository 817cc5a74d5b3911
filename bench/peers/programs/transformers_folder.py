"""Saves the chain as a folder for transformers: `python -m bench.peers.programs.transformers_folder FOLDER`."""

import sys

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from bench.peers.programs import chain


def write(folder: str) -> None:
    """Write configuration, weights and tokenizer."""
    special = [chain.UNKNOWN, chain.BEGIN, chain.END]
    names = [*special, *(f"<0x{byte:02X}>" for byte in range(256))]
    vocabulary = {name: place for place, name in enumerate(names)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token=chain.UNKNOWN, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in chain.words()])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=chain.UNKNOWN,
        bos_token=chain.BEGIN,
        eos_token=chain.END,
        pad_token=chain.END,
    )
    fast.chat_template = chain.TEMPLATE
    fast.save_pretrained(folder)

    configuration = LlamaConfig(
        vocab_size=chain.size(),
        hidden_size=chain.WIDTH,
        intermediate_size=chain.FEED_FORWARD,
        num_hidden_layers=chain.LAYERS,
        num_attention_heads=chain.HEADS,
        max_position_embeddings=chain.CONTEXT,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(configuration)
    torch.manual_seed(7)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name:
                parameter.zero_()
        embeddings = model.model.embed_tokens.weight
        embeddings.copy_(torch.randint(0, 2, embeddings.shape) * 2.0 - 1.0)
        for token, successor in chain.successors():
            model.lm_head.weight[successor] += embeddings[token]
    model.save_pretrained(folder)


if __name__ == "__main__":
    write(sys.argv[1])
