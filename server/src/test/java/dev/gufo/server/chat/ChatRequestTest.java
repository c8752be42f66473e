package dev.gufo.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gufo.chat.ChatMessage;
import dev.gufo.engine.Sampling;
import dev.gufo.engine.SamplingParameter;
import dev.gufo.server.answer.SamplingFields;
import dev.gufo.server.answer.Turn;
import dev.gufo.server.error.ApiException;
import dev.gufo.server.error.Problem;
import dev.gufo.server.http.Fields;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatRequestTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String MESSAGES = "'messages':[{'role':'user','content':'Hi'}]";

    @ParameterizedTest(name = "{0} is refused at {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {} | messages
            {'messages':[]} | messages
            {'messages':'Hi'} | messages
            {'messages':['Hi']} | messages[0]
            {'messages':[{'content':'Hi'}]} | messages[0].role
            {'messages':[{'role':'owl','content':'Hi'}]} | messages[0].role
            {'messages':[{'role':7,'content':'Hi'}]} | messages[0].role
            {'messages':[{'role':'user'}]} | messages[0].content
            {'messages':[{'role':'user','content':null}]} | messages[0].content
            {'messages':[{'role':'user','content':7}]} | messages[0].content
            {'messages':[{'role':'user','content':[]}]} | messages[0].content
            {'messages':[{'role':'user','content':['Hi']}]} | messages[0].content[0]
            {'messages':[{'role':'user','content':[{'text':'Hi'}]}]} | messages[0].content[0].type
            {'messages':[{'role':'user','content':[{'type':'text'}]}]} | messages[0].content[0].text
            {'messages':[{'role':'user','content':[{'type':'text','text':'a'},{'type':'image_url','image_url':{}}]}]} | messages[0].content[1].type
            {'messages':[{'role':'user','content':[{'type':'smell'}]}]} | messages[0].content[0].type
            {'messages':[{'role':'tool','content':'2'}]} | messages[0].tool_call_id
            {'messages':[{'role':'user','content':'','tool_calls':[{'function':{'name':'f','arguments':'{}'}}]}]} | messages[0].tool_calls
            {'messages':[{'role':'assistant','tool_calls':[{}]}]} | messages[0].tool_calls[0].function
            {'messages':[{'role':'assistant','tool_calls':[{'function':{'arguments':'{}'}}]}]} | messages[0].tool_calls[0].function.name
            {'messages':[{'role':'assistant','tool_calls':[{'function':{'name':'f','arguments':3}}]}]} | messages[0].tool_calls[0].function.arguments
            {'messages':[{'role':'assistant','content':'','function_call':{}}]} | messages[0].function_call
            """)
    void messagesWithWrongTypesAreRefusedWithTheirPath(String json, String param) {
        assertThat(problemParam(json)).isEqualTo(param);
    }

    @ParameterizedTest(name = "{0} is refused at {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'stream':'yes' | stream
            'ignore_eos':1 | ignore_eos
            'lora':{'id':'a'} | lora
            'lora':'a' | lora
            'lora':['a'] | lora[0]
            'lora':[{}] | lora[0].id
            'lora':[{'id':7}] | lora[0].id
            'lora':[{'id':''}] | lora[0].id
            'lora':[{'id':'a'},{'id':'b','scale':'much'}] | lora[1].scale
            'lora':[{'id':'a','scale':4.5}] | lora[0].scale
            'lora':[{'id':'a','scale':1e400}] | lora[0].scale
            'lora':[{'id':'a'},{'id':'b'},{'id':'a','scale':2}] | lora[2].id
            'lora':[{},{},{},{},{},{},{},{},{}] | lora
            'stream_options':true | stream_options
            'stream_options':{'include_usage':1} | stream_options.include_usage
            'max_tokens':0 | max_tokens
            'max_tokens':-1 | max_tokens
            'max_tokens':1.5 | max_tokens
            'max_tokens':'5' | max_tokens
            'max_completion_tokens':0 | max_completion_tokens
            'temperature':-0.1 | temperature
            'temperature':2.1 | temperature
            'temperature':1e400 | temperature
            'temperature':'hot' | temperature
            'top_p':1.1 | top_p
            'top_k':-2 | top_k
            'top_k':1e30 | top_k
            'min_p':-1 | min_p
            'typical_p':2 | typical_p
            'repeat_penalty':0 | repeat_penalty
            'repetition_penalty':-1 | repetition_penalty
            'repeat_last_n':-2 | repeat_last_n
            'presence_penalty':2.5 | presence_penalty
            'frequency_penalty':-2.5 | frequency_penalty
            'seed':1.5 | seed
            'seed':18446744073709551616 | seed
            'dry_multiplier':-1 | dry_multiplier
            'dry_base':0.5 | dry_base
            'dry_allowed_length':-1 | dry_allowed_length
            'dry_penalty_last_n':-2 | dry_penalty_last_n
            'dry_sequence_breakers':[''] | dry_sequence_breakers
            'dry_sequence_breakers':'x' | dry_sequence_breakers
            'xtc_probability':1.5 | xtc_probability
            'xtc_threshold':-0.5 | xtc_threshold
            'logit_bias':[] | logit_bias
            'logit_bias':{'a':1} | logit_bias
            'logit_bias':{'-1':1} | logit_bias
            'logit_bias':{'5':101} | logit_bias.5
            'stop':'' | stop
            'stop':7 | stop
            'stop':['a',''] | stop
            'stop':['a',null] | stop
            'stop':['1','2','3','4','5','6','7','8','9','10','11','12','13','14','15','16','17'] | stop
            'stop':'\\ud83e' | stop
            'tools':{} | tools
            'tools':[{'type':'function'}] | tools[0].function
            'tools':[{'type':'function','function':{}}] | tools[0].function.name
            'tool_choice':'maybe' | tool_choice
            'tool_choice':'required' | tool_choice
            'tool_choice':{'type':'function'} | tool_choice.name
            'tool_choice':{'type':'function','function':{'name':'f'}} | tool_choice.function.name
            'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto'}} | tool_choice.allowed_tools.tools
            'parallel_tool_calls':1 | parallel_tool_calls
            'response_format':{'type':'poem'} | response_format.type
            'response_format':{'type':'json_schema'} | response_format.json_schema
            'response_format':{'type':'json_schema','json_schema':{}} | response_format.json_schema.schema
            'response_format':{'type':'json_schema','json_schema':{'schema':7}} | response_format.json_schema.schema
            'response_format':{'type':'json_object'},'grammar':'x' | grammar
            'grammar':7 | grammar
            'n':0 | n
            'n':129 | n
            'logprobs':3 | logprobs
            'logprobs':true,'top_logprobs':21 | top_logprobs
            'top_logprobs':3 | top_logprobs
            'reasoning_effort':'wild' | reasoning_effort
            'continue_final_message':true | continue_final_message
            'chat_template_kwargs':{'messages':[]} | chat_template_kwargs.messages
            'chat_template_kwargs':{'bos_token':'x'} | chat_template_kwargs.bos_token
            'chat_template_kwargs':7 | chat_template_kwargs
            """)
    void fieldsWithWrongTypesOrRangesAreRefusedWithTheirPath(String field, String param) {
        assertThat(problemParam("{%s,%s}".formatted(MESSAGES, field))).isEqualTo(param);
    }

    @ParameterizedTest(name = "{0} is not supported")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'functions':[] | functions
            'tool_choice':{'type':'custom'} | tool_choice.type
            'modalities':['text','audio'] | modalities
            'guided_json':{} | guided_json
            'tools':[{'type':'web_search'}] | tools[0].type
            """)
    void whatWouldGiveAWrongAnswerIfIgnoredIsNamed(String field, String param) {
        var thrown = catchThrowableOfType(ApiException.class, () -> read("{%s,%s}".formatted(MESSAGES, field)));
        assertThat(thrown.problem()).isInstanceOfSatisfying(Problem.Unsupported.class, problem -> {
            assertThat(problem.param()).isEqualTo(param);
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            'model':null,'temperature':null,'stop':null,'tools':null,'stream':null,'seed':null
            'n':1,'logprobs':false,'top_logprobs':0,'tool_choice':'none','response_format':{'type':'text'}
            'max_tokens':3.0,'seed':-9223372036854775808,'user':7,'metadata':[1],'store':true
            'tools':[],'modalities':['text'],'parallel_tool_calls':true,'stop':[]
            """)
    void harmlessFieldsAreTaken(String fields) {
        assertThat(read("{%s,%s}".formatted(MESSAGES, fields)).conversation().messages())
                .hasSize(1);
    }

    @Test
    void theNewerNameOfMaxTokensWins() {
        assertThat(read("{%s,'max_tokens':5,'max_completion_tokens':7}".formatted(MESSAGES))
                        .answer()
                        .maxTokens())
                .hasValue(7);
        assertThat(read("{%s,'max_tokens':9223372036854775807}".formatted(MESSAGES))
                        .answer()
                        .maxTokens())
                .hasValue(Integer.MAX_VALUE);
    }

    @Test
    void argumentsOfToolCallsAreParsedIfTheyAreAnObject() {
        ChatMessage message = read("""
                {'messages':[{'role':'assistant','content':null,'tool_calls':[
                  {'id':'1','function':{'name':'f','arguments':'{\\"b\\":1,\\"a\\":[true]}'}},
                  {'id':'2','function':{'name':'f','arguments':'{half'}},
                  {'id':'3','function':{'name':'f','arguments':{'c':2}}}]}]}""").conversation().messages().getFirst();
        assertThat(message.content()).isEmpty();
        assertThat(message.toolCalls())
                .extracting(call -> call.arguments())
                .containsExactly(Map.of("b", 1, "a", List.of(true)), "{half", Map.of("c", 2));
    }

    @Test
    void anAssistantWithoutContentAndCallsSaidNothing() {
        assertThat(read("{'messages':[{'role':'assistant'}]}")
                        .conversation()
                        .messages()
                        .getFirst()
                        .content())
                .isEqualTo(Optional.of(""));
    }

    @Test
    void toolsAreHiddenFromTheTemplateWhenNoneMayBeCalled() {
        String tools = "'tools':[{'type':'function','function':{'name':'f'}}]";
        assertThat(read("{%s,%s}".formatted(MESSAGES, tools)).conversation().tools())
                .hasSize(1);
        assertThat(read("{%s,%s,'tool_choice':'none'}".formatted(MESSAGES, tools))
                        .conversation()
                        .tools())
                .isEmpty();
    }

    @Test
    void everySamplingFieldReachesTheEnginesRecord() {
        Sampling sampling = read("""
                {%s,'temperature':0.7,'top_k':5,'top_p':0.9,'min_p':0.1,'typical_p':0.8,'repetition_penalty':1.1,
                 'frequency_penalty':0.2,'presence_penalty':0.3,'repeat_last_n':99999,'logit_bias':{'3':-100},
                 'dry_multiplier':0.8,'dry_base':1.5,'dry_allowed_length':3,'dry_penalty_last_n':-1,'dry_sequence_breakers':['!'],
                 'xtc_probability':0.5,'xtc_threshold':0.2,'seed':42}""".formatted(MESSAGES)).answer().sampling().over(Sampling.LLAMA_CPP_DEFAULTS, 10, 0);
        assertThat(sampling)
                .isEqualTo(Sampling.GREEDY
                        .with(SamplingParameter.TEMPERATURE, 0.7f)
                        .with(SamplingParameter.TOP_K, 5)
                        .with(SamplingParameter.TOP_P, 0.9f)
                        .with(SamplingParameter.MIN_P, 0.1f)
                        .with(SamplingParameter.TYPICAL_P, 0.8f)
                        .with(SamplingParameter.REPEAT_PENALTY, 1.1f)
                        .with(SamplingParameter.FREQUENCY_PENALTY, 0.2f)
                        .with(SamplingParameter.PRESENCE_PENALTY, 0.3f)
                        .with(SamplingParameter.REPEAT_LAST_N, 99_999)
                        .with(SamplingParameter.XTC_PROBABILITY, 0.5f)
                        .with(SamplingParameter.XTC_THRESHOLD, 0.2f)
                        .withBias(Map.of(3, -100f))
                        .withDry(new Sampling.Dry(0.8f, 1.5f, 3, -1, List.of("!")))
                        .withSeed(42));
    }

    @Test
    void numbersThatMeanNothingElseAreOff() {
        Sampling sampling = read("{%s,'temperature':0.0005,'top_k':-1}".formatted(MESSAGES))
                .answer()
                .sampling()
                .over(Sampling.LLAMA_CPP_DEFAULTS, 10, 0);
        assertThat(sampling.number(SamplingParameter.TEMPERATURE)).isZero();
        assertThat(sampling.whole(SamplingParameter.TOP_K)).isZero();
    }

    @Test
    void aNumberOfTheRequestCountsThoughItIsLlamaCppsDefaultAndTheFileSaysAnother() {
        Sampling file = Sampling.LLAMA_CPP_DEFAULTS.with(SamplingParameter.TOP_P, 0.5f);
        SamplingFields fields =
                read("{%s,'top_p':0.95}".formatted(MESSAGES)).answer().sampling();
        assertThat(fields.over(file, 10, 0)).isEqualTo(Sampling.LLAMA_CPP_DEFAULTS);
    }

    @Test
    void aBiasForATokenOutsideTheVocabularyIsRefused() {
        SamplingFields fields =
                read("{%s,'logit_bias':{'10':1}}".formatted(MESSAGES)).answer().sampling();
        assertThatExceptionOfType(ApiException.class)
                .isThrownBy(() -> fields.over(Sampling.LLAMA_CPP_DEFAULTS, 10, 0))
                .satisfies(thrown ->
                        assertThat(((Problem.Invalid) thrown.problem()).param()).isEqualTo("logit_bias.10"));
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "-1", "4294967295", "-4294967296", "9223372036854775807", "2147483648"})
    void noSeedBecomesTheOneThatMeansAnyToLlamaCpp(long seed) {
        assertThat(SamplingFields.fold(seed)).isNotEqualTo(-1);
    }

    private static String problemParam(String json) {
        var thrown = catchThrowableOfType(ApiException.class, () -> read(json));
        assertThat(thrown).as(json).isNotNull();
        return switch (thrown.problem()) {
            case Problem.Invalid(String param, String message) -> {
                assertThat(message).endsWith(".");
                yield param;
            }
            case Problem.Unsupported(String param, String _) -> param;
            case Problem other -> throw new AssertionError(other);
        };
    }

    private static Turn read(String json) {
        try {
            return ChatRequest.read(new Fields(JSON.readTree(json.replace('\'', '"')), ""));
        } catch (JsonProcessingException e) {
            throw new AssertionError(json, e);
        }
    }
}
